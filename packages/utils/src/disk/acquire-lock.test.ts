import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { acquireLock, FileError, LockError } from './index.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
  path = join(folder, 'run.lock')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Far above the largest pid that Linux gives. */
const noPid = 2 ** 22 + 1

const holder = (fields: object): Promise<void> =>
  writeFile(path, JSON.stringify({ started: null, host: hostname(), ...fields }))

async function refusal(): Promise<LockError> {
  const error = await acquireLock(path).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!LockError.isInstance(error)) throw error ?? new Error('the lock was given')
  return error
}

test('keeps others out until it is released', async () => {
  const lock = await acquireLock(path)
  expect(await refusal()).toMatchObject({
    code: 'held',
    details: { path, pid: process.pid, ownProcess: true },
  })
  await lock.release()
  await lock.release()
  {
    await using again = await acquireLock(path)
    expect(again.path).toBe(path)
    expect((await refusal()).code).toBe('held')
  }
  expect(await readdir(folder)).toEqual([])
})

test('takes over from a process that was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  await holder({ pid: child.pid })
  expect(await refusal()).toMatchObject({ code: 'held', details: { pid: child.pid, ownProcess: false } })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await acquireLock(path)).release()
})

test.skipIf(process.platform !== 'linux')('is not fooled by a pid that is used again', async () => {
  await holder({ pid: process.pid, started: '1' })
  await (await acquireLock(path)).release()
})

test('is held against another thread of the same process', async () => {
  const lock = await acquireLock(path)
  const script = `import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)}).then(({ acquireLock }) =>
    acquireLock(${JSON.stringify(path)})).then(() => 'given', error => error.code)
    .then(result => require('node:worker_threads').parentPort.postMessage(result))`
  const worker = new Worker(script, { eval: true })
  const [result] = await once(worker, 'message')
  expect(result).toBe('held')
  await worker.terminate()
  await lock.release()
})

test('leaves the lock of another machine alone', async () => {
  await holder({ pid: 1, host: 'elsewhere' })
  const error = await refusal()
  expect(error).toMatchObject({ code: 'held-elsewhere', details: { path, pid: 1, host: 'elsewhere' } })
  expect(error.remedy).toContain(`delete ${path}`)
})

test.each(['', '{"pid":', '{"pid":"x"}', '{"pid":1}', 'null', '[]'])(
  'takes over a file that is no lock: %j',
  async text => {
    await writeFile(path, text)
    const lock = await acquireLock(path)
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid })
    await lock.release()
  },
)

test('of many that want a stale lock one gets it, each time', async () => {
  for (let round = 0; round < 50; round++) {
    await holder({ pid: noPid })
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(path)))
    const locks = results.filter(result => result.status === 'fulfilled')
    expect(locks).toHaveLength(1)
    await locks[0]!.value.release()
    expect(await readdir(folder)).toEqual([])
  }
})

test('releases its own lock alone', async () => {
  const lock = await acquireLock(path)
  await rm(path)
  const other = await acquireLock(path)
  await lock.release()
  expect((await refusal()).code).toBe('held')
  await other.release()
})

test('reports a takeover that was cut short', async () => {
  await holder({ pid: noPid })
  await mkdir(`${path}.takeover`)
  expect(await refusal()).toMatchObject({ code: 'taken-over', details: { takeover: `${path}.takeover` } })
})

test('reports a folder that does not exist as a FileError', async () => {
  const error = await acquireLock(join(folder, 'none', 'run.lock')).catch((reason: unknown) => reason)
  expect(FileError.isInstance(error) && `${error.code} ${error.details.action}`).toBe('not-found lock')
})
