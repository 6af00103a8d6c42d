import { copyFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isSystemError, toFileError } from '@tinystories/utils/disk'
import { CreateError } from './create-error.ts'

/** What a page consists of. */
export interface PageSettings {
  /** The folder to make; it may exist, and is then empty. Its name is the name of the package. */
  folder: string
  /** A run, or the folder of a model. */
  model: string
  /** Version of our packages that the page asks for. */
  version: string
}

/** The files of a model that a page loads. */
export const modelFiles = ['config.json', 'model.safetensors', 'tokenizer.json'] as const

const template = fileURLToPath(new URL('../template', import.meta.url))

/**
 * Makes a page from the template and a model. Where it fails, the folder is as it was.
 *
 * @throws CreateError `not-empty`, `no-model`; FileError
 */
export async function createPage({ folder, model, version }: PageSettings): Promise<void> {
  const source = await locateModel(model)
  const wasThere = await isEmptyFolder(folder)
  try {
    const weights = join(folder, 'public/model')
    await mkdir(weights, { recursive: true })
    await cp(template, folder, { recursive: true, filter: path => !skipped.has(basename(path)) })
    // npm leaves files of this name out of a package.
    await copyFile(join(template, 'gitignore'), join(folder, '.gitignore'))
    await writeFile(join(folder, 'package.json'), await manifest(folder, version))
    for (const name of modelFiles) await copyFile(join(source, name), join(weights, name))
  } catch (error) {
    if (wasThere) for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
    else await rm(folder, { recursive: true, force: true })
    throw toFileError(error, folder, 'write')
  }
}

const skipped = new Set(['gitignore', 'node_modules', 'dist'])

/** The template's manifest, with the page's name, and our packages in this version. */
async function manifest(folder: string, version: string): Promise<string> {
  const content = JSON.parse(await readFile(join(template, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const dependencies = Object.entries(content.dependencies).map(([name, own]) => [
    name,
    name.startsWith('@tinystories/') ? `^${version}` : own,
  ])
  const named = { ...content, name: packageName(folder), dependencies: Object.fromEntries(dependencies) }
  return `${JSON.stringify(named, null, 2)}\n`
}

/** A name that npm takes: lower case, of letters that need no escape in an address, and not beginning with a dot. */
export function packageName(folder: string): string {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return name === '' || name === 'node_modules' ? 'tinystories-page' : name.slice(0, 214)
}

async function locateModel(model: string): Promise<string> {
  const inRun = await missingIn(join(model, 'model'))
  if (inRun.length === 0) return join(model, 'model')
  const missing = await missingIn(model)
  if (missing.length > 0) throw new CreateError('no-model', { folder: model, missing })
  return model
}

async function missingIn(folder: string): Promise<string[]> {
  const isFile = await Promise.all(
    modelFiles.map(name =>
      stat(join(folder, name)).then(
        found => found.isFile(),
        () => false,
      ),
    ),
  )
  return modelFiles.filter((_, i) => !isFile[i])
}

/** @returns whether it is there @throws CreateError `not-empty`, FileError */
async function isEmptyFolder(folder: string): Promise<boolean> {
  try {
    const names = await readdir(folder)
    if (names.length > 0) throw new CreateError('not-empty', { folder })
    return true
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return false
    throw toFileError(error, folder, 'list')
  }
}
