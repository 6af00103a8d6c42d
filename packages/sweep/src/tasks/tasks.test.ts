import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import * as v from 'valibot'
import { afterEach, expect, test } from 'vitest'
import type { Cell } from '../spec/expand-cells.ts'
import { hash, planTasks, type Task } from './plan-tasks.ts'
import { runTasks } from './run-tasks.ts'
import type { Json, Stage } from './stage.ts'
import { takeResults } from './take-results.ts'
import type { TaskEvent } from './task-runner.ts'
import { TaskStore } from './task-store.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function createStore(): Promise<TaskStore> {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-'))
  folders.push(folder)
  return new TaskStore(folder)
}

const cell = (hidden: number, seed = 1): Cell => ({
  name: `h${hidden}-s${seed}`,
  hidden,
  layers: 1,
  heads: 1,
  seed,
  tokens: 1000,
  learningRate: null,
  recipe: null,
  data: null,
  instruct: false,
})

/** Three stages whose results say how they came about; the calls are counted. */
function threeStages(calls: string[], versions = { prepare: 1, train: 1, evaluate: 1 }): Stage[] {
  return [
    {
      name: 'prepare',
      version: versions.prepare,
      after: [],
      settings: () => ({ data: 'sample' }),
      async run({ cell }) {
        calls.push(`prepare ${cell.name}`)
        return { tokens: 10 }
      },
    },
    {
      name: 'train',
      version: versions.train,
      after: ['prepare'],
      settings: ({ hidden, seed }) => ({ hidden, seed }),
      async run({ cell, results }) {
        calls.push(`train ${cell.name}`)
        return { loss: (results.prepare as { tokens: number }).tokens / cell.hidden }
      },
    },
    {
      name: 'evaluate',
      version: versions.evaluate,
      after: ['train'],
      settings: () => null,
      async run({ cell, results }) {
        calls.push(`evaluate ${cell.name}`)
        return { bits: (results.train as { loss: number }).loss * 2 }
      },
    },
  ]
}

test('does each stage once, shares what cells have in common, and redoes only what changed', async () => {
  const store = await createStore()
  const calls: string[] = []
  const cells = [cell(64), cell(128)]
  const tasks = planTasks(cells, threeStages(calls))
  expect(tasks).toHaveLength(5)
  expect(await runTasks(tasks, { store })).toEqual({ done: 5, failed: 0, blocked: 0 })
  expect(calls).toEqual([
    'prepare h64-s1',
    'train h64-s1',
    'evaluate h64-s1',
    'train h128-s1',
    'evaluate h128-s1',
  ])
  expect(await store.result(tasks[2]!)).toEqual({ bits: (10 / 64) * 2 })

  calls.length = 0
  await runTasks(planTasks([...cells, cell(64, 2)], threeStages(calls)), { store })
  expect(calls).toEqual(['train h64-s2', 'evaluate h64-s2'])

  calls.length = 0
  await runTasks(planTasks(cells, threeStages(calls, { prepare: 1, train: 1, evaluate: 2 })), { store })
  expect(calls).toEqual(['evaluate h64-s1', 'evaluate h128-s1'])

  calls.length = 0
  await runTasks(planTasks([cell(64)], threeStages(calls, { prepare: 2, train: 1, evaluate: 1 })), { store })
  expect(calls).toEqual(['prepare h64-s1', 'train h64-s1', 'evaluate h64-s1'])
})

test('results found elsewhere are not found again, and a stage runs again only where its files are read', async () => {
  const [first, second] = [await createStore(), await createStore()]
  const calls: string[] = []
  const stagesOf = (versions?: { prepare: number; train: number; evaluate: number }): Stage[] => {
    const [prepare, train, evaluate] = threeStages(calls, versions)
    return [{ ...prepare!, leavesFiles: true }, { ...train!, leavesFiles: true }, evaluate!]
  }
  const tasks = planTasks([cell(64), cell(128)], stagesOf())
  await runTasks(tasks, { store: first })
  const kept = new Map<string, Json>()
  for (const task of tasks) kept.set(task.id, (await first.result(task))!)
  const doneIn = async (store: TaskStore, all: readonly Task[]): Promise<string[]> => {
    const done: string[] = []
    for (const task of all)
      if ((await store.result(task)) !== undefined) done.push(`${task.stage.name} ${task.cells[0]!.name}`)
    return done
  }

  // The second model has not been evaluated: it is trained again, and so the data is prepared again.
  kept.delete(tasks.at(-1)!.id)
  await takeResults(tasks, second, kept)
  expect(await doneIn(second, tasks)).toEqual(['train h64-s1', 'evaluate h64-s1'])
  expect(await second.isTaken(tasks[1]!)).toBe(true)
  calls.length = 0
  await runTasks(tasks, { store: second })
  expect(calls).toEqual(['prepare h64-s1', 'train h128-s1', 'evaluate h128-s1'])
  expect(await second.isTaken(tasks[0]!)).toBe(false)

  // What ran here has its files; what was taken has none for a stage that is new.
  const changed = planTasks([cell(64), cell(128)], stagesOf({ prepare: 1, train: 1, evaluate: 2 }))
  await takeResults(changed, second, new Map())
  expect(await doneIn(second, changed)).toEqual(['prepare h64-s1', 'train h128-s1'])
  calls.length = 0
  await runTasks(changed, { store: second })
  expect(calls).toEqual(['train h64-s1', 'evaluate h64-s1', 'evaluate h128-s1'])
})

test('a failure blocks what needs it and nothing else, and is tried again only when it is forgotten', async () => {
  const store = await createStore()
  const calls: string[] = []
  let broken = true
  const stages = threeStages(calls)
  const { run } = stages[1]!
  stages[1]!.run = async context => {
    if (broken && context.cell.hidden === 64) throw new Error('the disk is full')
    return run(context)
  }
  const tasks = planTasks([cell(64), cell(128)], stages)
  const summary = { done: 3, failed: 1, blocked: 1 }
  expect(await runTasks(tasks, { store })).toEqual(summary)
  expect(await store.failure(tasks[1]!)).toBe('the disk is full')
  broken = false
  calls.length = 0
  expect(await runTasks(tasks, { store })).toEqual(summary)
  expect(calls).toEqual([])
  await store.forgetFailure(tasks[1]!)
  expect(await runTasks(tasks, { store })).toEqual({ done: 5, failed: 0, blocked: 0 })
  expect(calls).toEqual(['train h64-s1', 'evaluate h64-s1'])
})

test('an aborted task is neither done nor failed and runs again in the same folder', async () => {
  const store = await createStore()
  const controller = new AbortController()
  const folders: string[] = []
  const stage: Stage = {
    name: 'train',
    version: 1,
    after: [],
    settings: () => null,
    async run({ folder, signal }) {
      folders.push(folder)
      if (folders.length > 1) return 'resumed'
      controller.abort(new Error('stopped'))
      signal.throwIfAborted()
      return 'not reached'
    },
  }
  const tasks = planTasks([cell(64)], [stage])
  await expect(runTasks(tasks, { store, signal: controller.signal })).rejects.toThrow('stopped')
  expect(await store.failure(tasks[0]!)).toBeUndefined()
  expect(await runTasks(tasks, { store })).toEqual({ done: 1, failed: 0, blocked: 0 })
  expect(await store.result(tasks[0]!)).toBe('resumed')
  expect(new Set(folders).size).toBe(1)
})

test('a damaged result counts as not done', async () => {
  const store = await createStore()
  const calls: string[] = []
  const tasks = planTasks([cell(64)], threeStages(calls))
  await runTasks(tasks, { store })
  const path = join(store.folderOf(tasks[1]!), 'result.json')
  const whole = await readFile(path, 'utf8')
  for (const damaged of ['', '{', 'null', whole.replace('0.15625', '0.25'), whole.slice(0, 40)]) {
    await writeFile(path, damaged)
    expect(await store.result(tasks[1]!)).toBeUndefined()
  }
  calls.length = 0
  await runTasks(tasks, { store })
  expect(calls).toEqual(['train h64-s1'])
})

test('a result of another form than its stage leaves is not used, and none is left', async () => {
  const store = await createStore()
  const resultSchema = v.object({ loss: v.number() })
  const stage: Stage = {
    ...{ name: 'train', version: 1, after: [], settings: () => null, resultSchema },
    run: async () => ({ loss: 2 }),
  }
  const [task] = planTasks([cell(64)], [stage]) as [Task]
  await runTasks([task], { store })
  expect(await store.result(task)).toEqual({ loss: 2 })
  const path = join(store.folderOf(task), 'result.json')
  const result = { loss: '<img src=x onerror=alert(1)>' }
  // With the check that belongs to it, as anyone can make it.
  await writeFile(path, JSON.stringify({ id: task.id, result, check: hash(result) }))
  expect(await store.result(task)).toBeUndefined()
  await expect(store.finish(task, result)).rejects.toMatchObject({ code: 'invalid-value' })
})

test('runners that share a store do every task once, and each waits for the others', async () => {
  const store = await createStore()
  const calls: string[] = []
  const cells = Array.from({ length: 12 }, (_, at) => cell(64, at))
  const stages = threeStages(calls)
  for (const stage of stages) {
    const { run } = stage
    stage.run = async context => {
      await new Promise(resolve => setImmediate(resolve))
      return run(context)
    }
  }
  const tasks = planTasks(cells, stages)
  const events: TaskEvent['type'][] = []
  const runners = Array.from({ length: 4 }, () =>
    runTasks(tasks, { store, pollInterval: 1, onEvent: ({ type }) => events.push(type) }),
  )
  for (const summary of await Promise.all(runners))
    expect(summary).toEqual({ done: 25, failed: 0, blocked: 0 })
  expect(calls).toHaveLength(25)
  expect(new Set(calls).size).toBe(25)
  expect(events.filter(type => type === 'done')).toHaveLength(25)
})

test('the hash of a value does not depend on the order of its names, and tells different values apart', () => {
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>
  const reversed = (value: Json): Json =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, each]) => [name, reversed(each as Json)]),
          )
        : value
  fc.assert(
    fc.property(json, value => {
      expect(hash(reversed(value))).toBe(hash(value))
    }),
  )
  expect(hash({ a: 1, b: [2] })).not.toBe(hash({ a: 1, b: [3] }))
  expect(hash(['a', 'b'])).not.toBe(hash(['b', 'a']))
})

test('a full disk ends this process and does not count as a failure of the task', async () => {
  const store = await createStore()
  const calls: string[] = []
  const stages = threeStages(calls)
  const { run } = stages[1]!
  stages[1]!.run = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
  const tasks = planTasks([cell(64)], stages)
  await expect(runTasks(tasks, { store })).rejects.toThrow('no space')
  expect(await store.failure(tasks[1]!)).toBeUndefined()
  stages[1]!.run = run
  expect(await runTasks(tasks, { store })).toEqual({ done: 3, failed: 0, blocked: 0 })
})

test('how far a task is can be seen while it runs, and nothing is left of it afterwards', async () => {
  const store = await createStore()
  const stage: Stage = {
    ...{ name: 'train', version: 1, after: [], settings: () => null },
    async run({ onProgress }) {
      onProgress(0.25, 'loss 3')
      await expect.poll(() => store.progress(tasks[0]!)).toMatchObject({ done: 0.25, note: 'loss 3' })
      return null
    },
  }
  const tasks = planTasks([cell(64)], [stage])
  expect(await runTasks(tasks, { store })).toMatchObject({ done: 1 })
  expect(await store.progress(tasks[0]!)).toBeUndefined()
})

test('the lock of another machine is taken only when a queue knows that its process is gone', async () => {
  const store = await createStore()
  const tasks = planTasks([cell(64)], threeStages([]))
  const task = tasks[0]!
  await (await store.claim(task))!.release()
  const path = join(store.folderOf(task), 'task.lock')
  await writeFile(path, JSON.stringify({ pid: 1, started: null, host: 'elsewhere', id: 'x' }))
  expect(await store.claim(task)).toBeUndefined()
  const lock = await store.claim(task, { abandoned: true })
  expect(await store.claim(task, { abandoned: true })).toBeUndefined()
  await lock!.release()
})
