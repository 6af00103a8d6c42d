import { fork } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '@tinystories/utils/random'
import { afterEach, expect, test } from 'vitest'
import { SweepError } from '../errors.ts'
import type { Sweep } from '../open-sweep.ts'
import { sweepStatus } from '../run-sweep.ts'
import { writeSavedSweep } from '../saved-sweep.ts'
import { onStopRequest, stopSweep } from '../stop-sweep.ts'
import type { TaskEvent } from '../tasks/task-runner.ts'
import { countingSweep } from '../testing/count-stages.ts'
import { memoryQueue } from '../testing/memory-queue.ts'
import { checkNode } from './boss-queue.ts'
import { feedWorkers } from './feed-workers.ts'
import { checkFits, workSweep } from './work-sweep.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

const capacity = { cores: 1, memory: 4, gpu: false }

async function createSweep(cells: number, pause = 0): Promise<Sweep> {
  const folder = await mkdtemp(join(tmpdir(), 'queue-'))
  folders.push(folder)
  return countingSweep(folder, { cells, pause })
}

/** Writes what workers look at. */
function saveSoftware({ folder, id, spec }: Sweep, software: string): Promise<void> {
  return writeSavedSweep(folder, { id, fingerprints: {}, filePrompts: [], software, spec })
}

async function linesOf({ folder }: Sweep, word: string): Promise<string[]> {
  const lines = (await readFile(join(folder, 'calls.txt'), 'utf8')).split('\n')
  return lines.filter(line => line.startsWith(word)).sort()
}

test('a worker fills the queue as tasks become ready, and leaves it empty', async () => {
  const sweep = await createSweep(3)
  const queue = memoryQueue()
  const summary = await workSweep(sweep, { queue, capacity, pollInterval: 1 })
  expect(summary).toEqual({ done: 7, failed: 0, blocked: 0 })
  expect(await linesOf(sweep, 'end')).toHaveLength(7)
  expect([queue.waiting.length, queue.active.size]).toEqual([0, 0])
})

test('a worker takes what fits, and a sweep that no worker can do is refused', async () => {
  const sweep = await createSweep(2)
  for (const { stage } of sweep.tasks)
    if (stage.name === 'train')
      stage.needs = ({ seed }) => ({ cores: seed === 0 ? 1 : 8, memory: 1, gpu: false })
  const queue = memoryQueue()
  const controller = new AbortController()
  const small = workSweep(sweep, {
    ...{ queue, capacity, pollInterval: 1, signal: controller.signal },
    onEvent: ({ type }) => type === 'waiting' && controller.abort(new Error('nothing fits')),
  })
  await expect(small).rejects.toThrow('nothing fits')
  expect(await linesOf(sweep, 'end')).toEqual(['end prepare 0', 'end probe 0', 'end train 0'])
  expect(() => checkFits(sweep, capacity)).toThrow(expect.objectContaining({ code: 'does-not-fit' }))
  checkFits(sweep, { ...capacity, cores: 8 })
  const large = { queue, capacity: { ...capacity, cores: 8 }, pollInterval: 1 }
  expect(await workSweep(sweep, large)).toMatchObject({ done: 5 })
})

test('a worker of another version is refused by its name, also in the middle', async () => {
  const sweep = await createSweep(2)
  await saveSoftware(sweep, 'counting 2')
  const queue = memoryQueue()
  const refusal = await workSweep(sweep, { queue, capacity }).catch((error: unknown) => error)
  if (!SweepError.isInstance(refusal) || refusal.code !== 'other-software') throw refusal
  expect(refusal.details).toMatchObject({ found: 'counting 1', expected: 'counting 2' })
  expect(refusal.details.worker).toMatch(new RegExp(`:${process.pid}$`))
  await saveSoftware(sweep, sweep.software)
  const writes: Promise<void>[] = []
  const stopped = workSweep(sweep, {
    ...{ queue, capacity, pollInterval: 1 },
    onEvent: ({ type }) => type === 'done' && writes.push(saveSoftware(sweep, 'counting 2')),
  })
  await expect(stopped).rejects.toMatchObject({ code: 'other-software' })
  await Promise.all(writes)
})

test('while the database is away the task goes on and is asked for again; a longer absence ends the worker alone', async () => {
  const sweep = await createSweep(2)
  const queue = memoryQueue()
  const { finish } = queue
  let failures = 2
  const lost = new SweepError('queue-lost', { queue: 'test', reason: 'gone' })
  queue.finish = job => (failures-- > 0 ? Promise.reject(lost) : finish(job))
  const events: TaskEvent['type'][] = []
  const options = { queue, capacity, pollInterval: 1, onEvent: ({ type }: TaskEvent) => events.push(type) }
  expect(await workSweep(sweep, options)).toMatchObject({ done: 5 })
  expect(events.filter(type => type === 'queue-trouble')).toHaveLength(2)

  const other = await createSweep(1)
  const gone = { ...memoryQueue(), take: () => Promise.reject(lost) }
  await expect(workSweep(other, { queue: gone, capacity, patience: 0 })).rejects.toThrow(lost)
})

test('a lost queue is filled again from the folder', async () => {
  const sweep = await createSweep(3)
  const controller = new AbortController()
  let done = 0
  const first = workSweep(sweep, {
    ...{ queue: memoryQueue(), capacity, pollInterval: 1, signal: controller.signal },
    onEvent: ({ type }) => type === 'done' && ++done === 3 && controller.abort(new Error('database lost')),
  })
  await expect(first).rejects.toThrow('database lost')
  const again = await workSweep(sweep, { queue: memoryQueue(), capacity, pollInterval: 1 })
  expect(again).toMatchObject({ done: 7 })
  expect(new Set(await linesOf(sweep, 'end')).size).toBe(7)
  expect(await linesOf(sweep, 'end')).toHaveLength(7)
})

test('a full disk ends one worker, and another one does its task', async () => {
  const sweep = await createSweep(2)
  const queue = memoryQueue()
  const train = sweep.tasks.find(({ stage }) => stage.name === 'train')!.stage
  const { run } = train
  train.run = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
  await expect(workSweep(sweep, { queue, capacity, pollInterval: 1 })).rejects.toThrow('no space')
  train.run = run
  const summary = await workSweep(sweep, { queue, capacity, pollInterval: 1 })
  expect(summary).toEqual({ done: 5, failed: 0, blocked: 0 })
})

test('a task whose process ends again and again fails, and the others go on', async () => {
  const sweep = await createSweep(1)
  const queue = memoryQueue()
  const { take } = queue
  queue.take = async free => {
    const job = await take(free)
    return job && { ...job, attempt: 20 }
  }
  expect(await workSweep(sweep, { queue, capacity, pollInterval: 1 })).toEqual({
    done: 0,
    failed: 1,
    blocked: 2,
  })
  expect(await sweep.store.failure(sweep.tasks[0]!)).toContain('ended 20 times')
})

const start =
  (sweep: Sweep, cells: number, pause: number, silent = false) =>
  () =>
    fork(
      join(import.meta.dirname, '../testing/work-child.ts'),
      [sweep.folder, `${cells}`, `${pause}`],
      // Where this test runs from the sources, so do the workers.
      { execArgv: ['--conditions=@tinystories/source', '--no-warnings'], silent },
    )

test('of two worker processes one is killed again and again: every stage is done once, nothing is lost', async () => {
  const [cells, pause] = [6, 120]
  const sweep = await createSweep(cells, pause)
  const spawn = start(sweep, cells, pause)
  const queue = memoryQueue()
  const random = new Random(20)
  let kills = 0
  await feedWorkers({
    ...{ queue, workers: 2 },
    spawn: () => {
      const child = spawn()
      // The moment of a kill is counted in messages, so that it falls into starts, stages and ends alike.
      let left = 1 + random.integer(8)
      child.on('message', () => {
        if (kills < 3 && --left === 0 && child.kill('SIGKILL')) kills++
      })
      return child
    },
    isComplete: async () => (await sweepStatus(sweep)).every(({ state }) => state === 'done'),
  })
  expect(kills).toBe(3)
  const ends = await linesOf(sweep, 'end')
  expect(new Set(ends).size).toBe(2 * cells + 1)
  // A stage that was killed begins again; between its end and its result there is a moment in which that shows.
  expect(ends.length - new Set(ends).size).toBeLessThanOrEqual(kills)
  expect([queue.waiting.length, queue.active.size]).toEqual([0, 0])
})

test('workers that end with an error are not replaced', async () => {
  const sweep = await createSweep(1)
  await saveSoftware(sweep, 'counting 2')
  let starts = 0
  const spawn = start(sweep, 1, 0, true)
  const fed = feedWorkers({
    ...{ queue: memoryQueue(), workers: 1, isComplete: async () => false },
    spawn: () => {
      starts++
      return spawn()
    },
  })
  await expect(fed).rejects.toMatchObject({ code: 'workers-ended', details: { code: 1 } })
  expect(starts).toBe(1)
})

test('a request to stop reaches every process that watches the folder', async () => {
  const { folder } = await createSweep(1)
  const stopped = new Promise<string>(resolve => {
    onStopRequest(folder, () => resolve('stopped'), 1)
  })
  await stopSweep(folder)
  expect(await stopped).toBe('stopped')
})

test('the queue says which Node it needs', () => {
  checkNode('22.12.0')
  checkNode('24.0.0')
  for (const old of ['20.20.2', '22.11.9'])
    expect(() => checkNode(old)).toThrow(`The queue needs Node 22.12 or later; this is ${old}.`)
})
