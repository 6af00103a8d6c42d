import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  createFolder,
  FileError,
  readTextFile,
  readTextFileIfPresent,
  removeEmptyFolders,
  writeFileAtomically,
} from './index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Code, action and path of the FileError that a promise rejects with. */
async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!FileError.isInstance(error)) throw error ?? new Error('it did not fail')
  return `${error.code}: ${error.details.action} ${error.details.path.replace(folder, '.')}`
}

test('writes text, bytes and pieces, and leaves nothing beside them', async () => {
  const path = join(folder, 'a')
  await writeFileAtomically(path, 'é')
  expect(await readFile(path)).toEqual(Buffer.from([0xc3, 0xa9]))
  await writeFileAtomically(path, new Uint8Array([1, 2]))
  expect(await readFile(path)).toEqual(Buffer.from([1, 2]))
  await writeFileAtomically(path, [new Uint8Array([3]), new Uint8Array([4, 5])])
  expect(await readFile(path)).toEqual(Buffer.from([3, 4, 5]))
  // Short texts are written together, in their place.
  const texts = Array.from({ length: 30_000 }, (_, i) => `${i},`)
  await writeFileAtomically(path, ['a', 'é', new Uint8Array([10]), ...texts])
  expect(await readFile(path, 'utf8')).toBe(`aé\n${texts.join('')}`)
  expect(await readdir(folder)).toEqual(['a'])
})

test('keeps the old content when the new content fails midway', async () => {
  const path = join(folder, 'a')
  await writeFileAtomically(path, 'old')
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10)
    throw new RangeError('no more')
  }
  await expect(writeFileAtomically(path, pieces())).rejects.toBeInstanceOf(RangeError)
  expect(await readFile(path, 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['a'])
})

test('sets the mode that it is given, also over a file that others may read', async () => {
  const path = join(folder, 'secret')
  await writeFile(path, 'old', { mode: 0o644 })
  await writeFileAtomically(path, 'new', { mode: 0o600 })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('reports what the system refuses by code, action and path', async () => {
  await writeFile(join(folder, 'file'), 'x')
  await mkdir(join(folder, 'full'))
  await writeFile(join(folder, 'full', 'x'), '')
  expect(await failure(writeFileAtomically(join(folder, 'none', 'a'), ''))).toBe('not-found: write ./none/a')
  expect(await failure(writeFileAtomically(join(folder, 'file', 'a'), ''))).toBe('is-file: write ./file/a')
  expect(await failure(writeFileAtomically(join(folder, 'full'), ''))).toBe('is-folder: write ./full')
  expect(await failure(writeFileAtomically(join(folder, 'a'.repeat(250)), ''))).toMatch(
    /^name-too-long: write/,
  )
  expect(await failure(readTextFile(join(folder, 'none')))).toBe('not-found: read ./none')
  expect(await failure(readTextFile(folder))).toBe('is-folder: read .')
  expect(await failure(createFolder(join(folder, 'file')))).toBe('is-file: create ./file')
  expect(await failure(createFolder(join(folder, 'file', 'a', 'b')))).toMatch(/^is-file: create/)
})

test.skipIf(process.getuid?.() === 0)('reports a lack of permission', async () => {
  await chmod(folder, 0o500)
  expect(await failure(writeFileAtomically(join(folder, 'a'), ''))).toBe('no-permission: write ./a')
  expect(await failure(createFolder(join(folder, 'a')))).toBe('no-permission: create ./a')
  await chmod(folder, 0o700)
})

test.skipIf(process.platform !== 'linux')('a file that has no size is read', async () => {
  expect(await readTextFile('/proc/self/status', { maxBytes: 100_000 })).toContain('Name:')
})

test.skipIf(process.platform !== 'linux')('a full disk leaves what was there', async () => {
  // /dev/full fails every write; a symbolic link cannot stand in for the temporary file, so the system is asked itself.
  const { open } = await import('node:fs/promises')
  const full = await open('/dev/full', 'w')
  const error = await full.writeFile('x').catch((reason: unknown) => reason)
  await full.close()
  const { toFileError } = await import('./index.ts')
  expect(toFileError(error, 'a', 'write')).toMatchObject({
    code: 'disk-full',
    details: { path: 'a', action: 'write' },
    message: 'Cannot write a: the disk is full. Free some space and try again.',
  })
  expect(toFileError(new RangeError('x'), 'a', 'write')).toBeInstanceOf(RangeError)
})

test('creates folders and reports the topmost new one', async () => {
  const deep = join(folder, 'a', 'b', 'c')
  expect(await createFolder(deep)).toBe(join(folder, 'a'))
  expect(await createFolder(deep)).toBeUndefined()
  expect(await createFolder(join(folder, 'a', 'd'))).toBe(join(folder, 'a', 'd'))
  await symlink(deep, join(folder, 'link'))
  expect(await createFolder(join(folder, 'link'))).toBeUndefined()
  expect(await createFolder('/')).toBeUndefined()
  const many = Array.from({ length: 20 }, () => createFolder(join(folder, 'p', 'q', 'r')))
  await Promise.all(many)
  expect((await stat(join(folder, 'p', 'q', 'r'))).isDirectory()).toBe(true)
})

test('removes the folders that were created, as far as they are empty', async () => {
  const deep = join(folder, 'a', 'b', 'c')
  const topmost = await createFolder(deep)
  await removeEmptyFolders(deep, topmost)
  expect(await readdir(folder)).toEqual([])
  await createFolder(deep)
  await writeFile(join(folder, 'a', 'kept'), '')
  await removeEmptyFolders(deep, topmost)
  expect(await readdir(join(folder, 'a'))).toEqual(['kept'])
  // What was there before stays.
  await createFolder(deep)
  await removeEmptyFolders(deep, undefined)
  expect((await stat(deep)).isDirectory()).toBe(true)
})

test.skipIf(process.platform !== 'linux')('does not hang where the system takes no folders', async () => {
  expect(await failure(createFolder('/proc/x/y/z'))).toMatch(
    /^(unsupported|no-permission): create \/proc\/x$/,
  )
})

test('reads text, without its byte order mark, up to a limit', async () => {
  const path = join(folder, 'a')
  await writeFile(path, '\uFEFFonce')
  expect(await readTextFile(path)).toBe('once')
  expect(await readTextFile(path, { maxBytes: 7 })).toBe('once')
  expect(await failure(readTextFile(path, { maxBytes: 6 }))).toBe('too-large: read ./a')
  await writeFile(path, new Uint8Array([0xff]))
  expect(await failure(readTextFile(path))).toBe('not-text: read ./a')
  expect(await readTextFileIfPresent(join(folder, 'none'))).toBeUndefined()
  expect(await failure(readTextFileIfPresent(path))).toBe('not-text: read ./a')
})

test('a text that is written piece by piece and is interrupted leaves what was there, and nothing else', async () => {
  const path = join(folder, 'report')
  await writeFileAtomically(path, 'old')
  const controller = new AbortController()
  const reason = new Error('stop')
  function* pieces(): Generator<Uint8Array> {
    yield Buffer.from('new')
    controller.abort(reason)
    yield Buffer.from('er')
  }
  await expect(writeFileAtomically(path, pieces(), { signal: controller.signal })).rejects.toBe(reason)
  expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual(['old', ['report']])
})

test.skipIf(process.platform !== 'linux')('nothing takes the name of a pipe or device', async () => {
  const [pipe, link] = [join(folder, 'pipe'), join(folder, 'null')]
  execFileSync('mkfifo', [pipe])
  await symlink('/dev/null', link)
  for (const path of [pipe, link])
    await expect(writeFileAtomically(path, 'a')).rejects.toMatchObject({
      code: 'not-regular',
      details: { path, action: 'write' },
    })
  expect((await readdir(folder)).sort()).toEqual(['null', 'pipe'])
})
