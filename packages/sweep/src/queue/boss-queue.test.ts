import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { countingSweep } from '../testing/count-stages.ts'
import { findPostgres, startPostgres } from '../testing/postgres.ts'
import { openBossQueue } from './boss-queue.ts'
import { workSweep } from './work-sweep.ts'

const folder = await mkdtemp(join(tmpdir(), 'boss-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const small = { cores: 1, memory: 2, gpu: false }
const large = { cores: 4, memory: 2, gpu: true }
const job = (task: string, needs = small, priority = 0) => ({ task, needs, priority })

const postgres = findPostgres()
if (postgres === undefined)
  process.stderr.write('skipped: PostgreSQL is not installed (Debian: postgresql)\n')
const places = [
  { name: 'PGlite', start: async () => ({ server: undefined, stop: async () => {} }) },
  ...(postgres === undefined
    ? []
    : [{ name: 'PostgreSQL', start: () => startPostgres(postgres, join(folder, 'postgres')) }]),
]

afterEach(() => vi.useRealTimers())

describe.each(places)('the queue on $name', ({ name, start }) => {
  test('hands out each task once, what fits first and by priority, again when it is given back, whatever the clock', async () => {
    const { server, stop } = await start()
    try {
      const options = { sweepId: 'a', folder, server }
      await using queue = await openBossQueue(options)
      expect(await queue.take(large)).toBeUndefined()
      expect(await queue.add([job('low'), job('high', small, 5), job('gpu', large)])).toBe(true)
      expect(await queue.add([job('low')])).toBe(false)
      const high = (await queue.take(small))!
      expect(high).toMatchObject({ task: 'high', attempt: 0 })
      expect(await queue.add([job('high')])).toBe(false)
      expect(await queue.take(large)).toMatchObject({ task: 'gpu' })
      await queue.giveBack(high)
      const again = (await queue.take(small))!
      expect(again).toMatchObject({ task: 'high', attempt: 1 })
      // The attempt that was given back is nobody's any more.
      expect([await queue.touch(high), await queue.touch(again)]).toEqual([false, true])
      await queue.finish(again)
      // The clock of this worker is an hour behind, later an hour ahead.
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3600e3 })
      if (name === 'PostgreSQL') {
        // Another worker, and another sweep, on the same database.
        await using worker = await openBossQueue(options)
        await using other = await openBossQueue({ ...options, sweepId: 'b' })
        expect(await other.take(large)).toBeUndefined()
        expect(await worker.take(small)).toMatchObject({ task: 'low' })
      } else expect(await queue.take(small)).toMatchObject({ task: 'low' })
      expect(await queue.take(small)).toBeUndefined()
      vi.setSystemTime(Date.now() + 2 * 3600e3)
      const sweep = await countingSweep(join(folder, name), { cells: 2 })
      const summary = await workSweep(sweep, { queue, capacity: small, pollInterval: 1 })
      expect(summary).toEqual({ done: 5, failed: 0, blocked: 0 })
    } finally {
      await stop()
    }
  })
})

test('the wait for a database that is starting ends at once, and what was starting is closed', async () => {
  const controller = new AbortController()
  const options = { sweepId: 'a', folder: join(folder, 'aborted'), signal: controller.signal }
  for (const name of ['aborted', 'next']) await mkdir(join(folder, name))
  const opening = openBossQueue(options)
  const reason = new Error('stop')
  controller.abort(reason)
  await expect(opening).rejects.toBe(reason)
  await expect(openBossQueue(options)).rejects.toBe(reason)
  // Whoever comes next starts as usual.
  await using queue = await openBossQueue({ sweepId: 'a', folder: join(folder, 'next') })
  expect(await queue.take(small)).toBeUndefined()
})

test.each([
  ['postgres://me:secret@127.0.0.1:1/none', 'postgres://me@127.0.0.1:1/none'],
  ['postgres://me@127.0.0.1:1/none?password=secret&x=1', 'postgres://me@127.0.0.1:1/none?x=1'],
])('a server that does not answer is named, without its password: %s', async (server, shown) => {
  const lost = openBossQueue({ sweepId: 'a', folder, server })
  await expect(lost).rejects.toMatchObject({
    code: 'queue-lost',
    details: { queue: shown },
  })
})
