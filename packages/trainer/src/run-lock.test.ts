import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RunLock } from './run-lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const holder = (fields: object): Promise<void> =>
  writeFile(join(folder, 'run.lock'), JSON.stringify({ started: null, host: hostname(), ...fields }))

test('keeps others out until it is released', async () => {
  const lock = await RunLock.acquire(folder)
  await expect(RunLock.acquire(folder)).rejects.toThrow(
    new RegExp(`being trained by process ${process.pid}.*choose another folder`),
  )
  await lock.release()
  await (await RunLock.acquire(folder)).release()
  expect(await readdir(folder)).toEqual([])
})

test('takes over from a process that was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  await holder({ pid: child.pid })
  await expect(RunLock.acquire(folder)).rejects.toThrow(`process ${child.pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await RunLock.acquire(folder)).release()
})

test.skipIf(process.platform !== 'linux')('is not fooled by a pid that is used again', async () => {
  await holder({ pid: process.pid, started: '1' })
  await (await RunLock.acquire(folder)).release()
})

test('leaves the lock of another machine alone and says what to do', async () => {
  await holder({ pid: 1, host: 'elsewhere' })
  await expect(RunLock.acquire(folder)).rejects.toThrow(/on another machine.*delete .*run\.lock/)
})

test.each(['', '{"pid":', '{"pid":"x"}', 'null'])('takes over a lock that says nothing: %j', async text => {
  await writeFile(join(folder, 'run.lock'), text)
  const lock = await RunLock.acquire(folder)
  expect(JSON.parse(await readFile(join(folder, 'run.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  await lock.release()
})

test('of many that want a stale lock one gets it, each time', async () => {
  for (let round = 0; round < 50; round++) {
    await holder({ pid: 2 ** 22 + 1 })
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => RunLock.acquire(folder)))
    const locks = results.filter(result => result.status === 'fulfilled')
    expect(locks).toHaveLength(1)
    await locks[0]!.value.release()
    expect(await readdir(folder)).toEqual([])
  }
})

test('a takeover that was cut short is told', async () => {
  await holder({ pid: 2 ** 22 + 1 })
  await mkdir(join(folder, 'run.lock.takeover'))
  await expect(RunLock.acquire(folder)).rejects.toThrow(/If nothing runs there, delete .*run\.lock\.takeover/)
})
