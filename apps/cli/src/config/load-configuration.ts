import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readTextFile } from '@tinystories/utils/disk'
import { parseJson } from '@tinystories/utils/schema'
import { UserError } from '../errors/user-error.ts'

/** Names of the file, of which a folder has one at most. */
export const configurationNames: readonly string[] = ['json', 'ts', 'mjs'].map(
  extension => `tinystories.config.${extension}`,
)

/**
 * The configuration file of a folder: in it or in the nearest folder above it that has one.
 *
 * @throws UserError where a folder has two
 */
export function findConfiguration(folder: string): string | undefined {
  const found = configurationNames.map(name => join(folder, name)).filter(file => existsSync(file))
  if (found.length > 1)
    throw new UserError(
      `${folder} has ${found.map(file => basename(file)).join(' and ')}. Keep one, or name it with --config.`,
    )
  const above = dirname(folder)
  return found[0] ?? (above === folder ? undefined : findConfiguration(above))
}

/**
 * What a configuration file says: JSON, or the default export of a module.
 *
 * @throws UserError where a module cannot be loaded; FileError, InputError
 */
export async function loadConfiguration(file: string): Promise<unknown> {
  if (!/\.(ts|mts|js|mjs)$/.test(file))
    return parseJson(await readTextFile(file, { pipes: true }), { source: file })
  // Says what is wrong with the file itself, as for JSON.
  await readTextFile(file)
  const { href } = pathToFileURL(file)
  const { default: settings } = (await importModule(href).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      error.code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? `${file}: this Node reads no TypeScript. Use Node 22.18 or later, or a tinystories.config.mjs or .json.`
        : `${file} cannot be loaded: ${error.message}`,
      { cause: error },
    )
  })) as { default?: unknown }
  if (settings === undefined)
    throw new UserError(`${file} has no default export. Write: export default { train: { steps: 1000 } }`)
  return settings
}

/** Imports a module. Rejects where nothing is left to wait for: Node would end without a word. */
async function importModule(href: string): Promise<unknown> {
  let onIdle = (): void => {}
  const idle = new Promise<never>((_, reject) => {
    onIdle = () => reject(new Error('it waits for something that never comes.'))
  })
  process.once('beforeExit', onIdle)
  try {
    return await Promise.race([import(href), idle])
  } finally {
    process.off('beforeExit', onIdle)
  }
}
