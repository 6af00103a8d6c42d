import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acquireLock, openToReadSync, readFileBytes, readLines, readTextFile } from './index.ts'

let folder: string
let pipe: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'open-to-read-'))
  pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function drain(lines: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of lines);
}
const notRegular = { name: 'FileError', code: 'not-regular', details: { action: 'read' } }

test.each(['pipe', '/dev/zero'])('%s, where a file is expected, is refused at once', async name => {
  const path = name === 'pipe' ? pipe : name
  await expect(readFileBytes(path)).rejects.toMatchObject(notRegular)
  await expect(drain(readLines(path))).rejects.toMatchObject(notRegular)
  await expect(readTextFile(path)).rejects.toMatchObject(notRegular)
  await expect(async () => openToReadSync(path)).rejects.toMatchObject(notRegular)
})

test('a lock that is a pipe is refused', async () => {
  await expect(acquireLock(pipe)).rejects.toMatchObject(notRegular)
})

test('a text may come from a pipe, which is waited for as long as somebody writes to it', async () => {
  const writer = spawn('sh', ['-c', `{ printf '{"a":'; sleep 0.3; printf 1}; } > "${pipe}"`])
  // The shell has it open as soon as this process does.
  await new Promise(resolve => writer.once('spawn', resolve))
  let text = ''
  while (text === '') text = await readTextFile(pipe, { pipes: true })
  expect(text).toBe('{"a":1}')
})

test('a text of a pipe that nobody writes to is empty', async () => {
  expect(await readTextFile(pipe, { pipes: true })).toBe('')
})

test.each(['/dev/zero', '/dev/urandom', '/dev/null'])('%s is refused where a pipe is not', async path => {
  await expect(readTextFile(path, { pipes: true })).rejects.toMatchObject(notRegular)
})

test('a pipe without end is read up to the limit', async () => {
  const writer = spawn('sh', ['-c', `cat /dev/zero > "${pipe}"`], { stdio: 'ignore' })
  await new Promise(resolve => writer.once('spawn', resolve))
  const options = { pipes: true, maxBytes: 2 ** 20 }
  let error: unknown
  while (error === undefined) await readTextFile(pipe, options).catch(thrown => (error = thrown))
  writer.kill()
  expect(error).toMatchObject({ code: 'too-large', details: { limit: 2 ** 20 } })
})

test('a file that is larger than its reader takes is refused', async () => {
  await writeFile(join(folder, 'large'), 'abc')
  await expect(readFileBytes(join(folder, 'large'), { maxBytes: 2 })).rejects.toMatchObject({
    code: 'too-large',
    details: { bytes: 3, limit: 2 },
  })
  expect((await readFileBytes(join(folder, 'large'))).toString()).toBe('abc')
})

test('a process that has met a pipe can end', () => {
  const disk = new URL('index.ts', import.meta.url).href
  const script = `import { readTextFile, readFileBytes } from '${disk}'
    for (let i = 0; i < 8; i++) readTextFile(process.argv[1], { pipes: true }).catch(() => {}), readFileBytes(process.argv[1]).catch(() => {})
    setTimeout(() => process.exit(7), 100)`
  expect(() =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script, pipe], {
      stdio: 'pipe',
      timeout: 30_000,
    }),
  ).toThrow(expect.objectContaining({ status: 7 }))
})
