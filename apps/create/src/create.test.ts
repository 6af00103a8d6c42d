import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FileError } from '@tinystories/utils/disk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CreateError } from './create-error.ts'
import { createPage, packageName } from './create-page.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const models = fileURLToPath(new URL('../../demo/models', import.meta.url))
const pageFiles = ['.gitignore', 'README.md', 'index.html', 'package.json', 'public', 'src', 'tsconfig.json']

let root: string
let model: string
let folder: string
let count = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'create-'))
  model = join(root, 'model')
  await cp(join(models, 'tiny'), model, { recursive: true })
  await cp(join(models, 'tokenizer.json'), join(model, 'tokenizer.json'))
})
beforeEach(() => {
  folder = join(root, `page ${count++}`)
})
afterAll(() => rm(root, { recursive: true }))

const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'))

describe('createPage', () => {
  it('makes a page with the model, asking for our packages in its own version', async () => {
    await createPage({ folder, model, version: '1.2.3' })
    expect((await readdir(folder)).sort()).toEqual(pageFiles)
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json'])
      expect(await readFile(join(folder, 'public/model', name))).toEqual(await readFile(join(model, name)))
    const manifest = await readJson(join(folder, 'package.json'))
    expect(manifest.name).toBe(packageName(folder))
    expect(manifest.dependencies).toMatchObject({
      '@tinystories/model': '^1.2.3',
      '@tinystories/tokenizer': '^1.2.3',
    })
  })

  it('asks for the tools and peers that this repository is tested with', async () => {
    const template = await readJson(fileURLToPath(new URL('../template/package.json', import.meta.url)))
    const lock = await readJson(fileURLToPath(new URL('../../../package-lock.json', import.meta.url)))
    for (const name of ['vite', 'typescript', '@tensorflow/tfjs-core'])
      expect({ ...template.dependencies, ...template.devDependencies }[name]).toBe(
        lock.packages[`node_modules/${name}`].version,
      )
  })

  it('takes the model of a run, and an empty folder', async () => {
    const run = join(root, 'run')
    await cp(model, join(run, 'model'), { recursive: true })
    // A run has a configuration and a vocabulary of its own.
    await writeFile(join(run, 'config.json'), '{}')
    await mkdir(folder)
    await createPage({ folder, model: run, version: '1.2.3' })
    expect(await readFile(join(folder, 'public/model/config.json'))).toEqual(
      await readFile(join(model, 'config.json')),
    )
  })

  it('refuses a folder that has something in it, and leaves it alone', async () => {
    await mkdir(folder)
    await writeFile(join(folder, 'mine.txt'), 'mine')
    const error = await createPage({ folder, model, version: '1.2.3' }).catch(found => found)
    expect(CreateError.isInstance(error) && [error.code, error.details]).toEqual(['not-empty', { folder }])
    expect(await readdir(folder)).toEqual(['mine.txt'])
  })

  it('refuses a file in place of the folder', async () => {
    await writeFile(folder, '')
    const error = await createPage({ folder, model, version: '1.2.3' }).catch(found => found)
    expect(FileError.isInstance(error) && error.code).toBe('is-file')
  })

  it('names what a model lacks, before it makes anything', async () => {
    const part = join(root, 'part')
    await mkdir(part, { recursive: true })
    await writeFile(join(part, 'config.json'), '{}')
    const error = await createPage({ folder, model: part, version: '1.2.3' }).catch(found => found)
    expect(CreateError.isInstance(error) && [error.code, error.details]).toEqual([
      'no-model',
      { folder: part, missing: ['model.safetensors', 'tokenizer.json'] },
    ])
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })
})

it.each([
  ['my-page', 'my-page'],
  ['/a/My Page!', 'my-page'],
  ['._hidden', 'hidden'],
  ['日本', 'tinystories-page'],
  ['node_modules', 'tinystories-page'],
  ['x'.repeat(300), 'x'.repeat(214)],
])('the package of %s is called %s', (path, name) => {
  expect(packageName(path)).toBe(name)
})

describe('the command', () => {
  const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise(resolve => {
      const child = execFile(
        process.execPath,
        ['--conditions=@tinystories/source', main, ...args],
        { cwd: root },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      )
      child.stdin?.end()
    })

  it('makes the page and says how to go on', async () => {
    const { code, stdout } = await run(folder, '--model', model)
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `The page is in ${folder}. To see it:\n\n  cd '${folder}'\n  npm install\n  npm run dev\n`,
    })
    expect((await readdir(folder)).sort()).toEqual(pageFiles)
  })

  it.each([
    ['no name, and nobody to ask', [], 'The page has no name.'],
    ['two names', ['a', 'b'], 'One page has one name, and there are 2: a, b.'],
    ['a flag that there is none of', ['--modle', 'x'], "Unknown option '--modle'."],
    ['a model that is not there', ['c', '--model', 'none'], 'none has no config.json'],
  ])('refuses %s in one line', async (_, args, line) => {
    const { code, stdout, stderr } = await run(...args)
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^[^\n]+\n$/)
    expect(stderr).toContain(line)
  })
})
