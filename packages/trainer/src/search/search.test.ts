import { useBackend } from '@tinystories/backends'
import { expect, test } from 'vitest'
import { createEngine } from '../engines/create-engine.ts'
import { initialState } from '../engines/initial-state.ts'
import { adamW } from '../optimizers/adam-w.ts'
import { toyModel, toyStream } from '../testing/toy-model.ts'
import type { Engine } from '../types.ts'
import { type FindBatchSizeOptions, findBatchSize } from './find-batch-size.ts'
import { findLearningRate } from './find-learning-rate.ts'
import { measureRate } from './measure-rate.ts'

await useBackend('cpu')
const optimizer = adamW()
const model = toyModel()

async function freshEngine(): Promise<Engine> {
  const { engine } = await createEngine({ model, optimizer, engine: 'cpu' })
  await engine.load(await initialState(model.parameters, optimizer))
  return engine
}

test('a learning rate that it finds trains, and far smaller or larger ones do worse', async () => {
  const engine = await freshEngine()
  const { suggestion, lowest, points } = await findLearningRate({
    engine,
    data: toyStream(),
    optimizer,
    to: 100,
    steps: 120,
  })
  expect(points[1]!.learningRate / points[0]!.learningRate).toBeNear(1e7 ** (1 / 119), { relative: 1e-14 })
  expect(suggestion).toBe(lowest / 10)
  const after = async (learningRate: number): Promise<number> => {
    await engine.load(await initialState(model.parameters, optimizer))
    const cursor = toyStream().iterate()
    let last = 0
    for (let step = 1; step <= 60; step++) {
      const { value } = await cursor.next()
      last = (await engine.step(value, { learningRate, ...optimizer.scalars(step) })).loss
    }
    return Number.isNaN(last) ? Number.POSITIVE_INFINITY : last
  }
  const found = await after(suggestion)
  expect(found).toBeLessThan(0.5)
  expect(found).toBeLessThan(await after(suggestion / 1000))
  expect(found).toBeLessThan(await after(suggestion * 1000))
  await engine.dispose()
})

test.each([
  [{ from: 1, to: 0.1 }, 'invalid-option'],
  [{ from: 0 }, 'invalid-option'],
  [{ steps: 3 }, 'invalid-option'],
  [{ from: 1e20, to: 1e30 }, expect.stringMatching(/^search-/)],
])('no learning rate is found with %o', async (range, code) => {
  const engine = await freshEngine()
  await expect(findLearningRate({ engine, data: toyStream(), optimizer, ...range })).rejects.toMatchObject({
    code,
  })
  await engine.dispose()
})

/** An engine whose time and memory are those of a rule; the search is what is tested. */
function ruled(bytesOf: (rows: number) => number): Partial<FindBatchSizeOptions> & { tried: number[] } {
  const tried: number[] = []
  let rows = 0
  return {
    tried,
    usedBytes: () => bytesOf(rows),
    async createEngine() {
      const engine = await freshEngine()
      const step = engine.step.bind(engine)
      return {
        ...engine,
        step: (batch, scalars) => {
          rows = (batch as { shape: [number, number] }).shape[0]
          if (tried.at(-1) !== rows) tried.push(rows)
          return step(batch, scalars)
        },
      }
    },
  }
}

const common = { optimizer, contextLength: 6, vocabSize: 7, steps: 1 }

test('a batch size that memory would not hold is predicted, not tried', async () => {
  const { tried, ...rule } = ruled(rows => 100 + 10 * rows)
  const search = await findBatchSize({
    ...common,
    ...(rule as Required<typeof rule>),
    memoryLimit: 300,
    largest: 64,
  })
  // 16 windows take 260, 32 would take 420.
  expect(tried.at(-1)).toBeLessThanOrEqual(16)
  expect(search.trials.every(({ bytes }) => bytes <= 300)).toBe(true)
  expect(['memory', 'speed']).toContain(search.stopped)
  expect(tried).toContain(search.suggestion)
})

test('the largest size is respected, and the suggestion is among the fastest', async () => {
  const { tried, ...rule } = ruled(() => 1)
  const search = await findBatchSize({
    ...common,
    ...(rule as Required<typeof rule>),
    memoryLimit: 2,
    largest: 4,
  })
  expect(tried).toEqual([1, 2, 4])
  const rateOf = (size: number): number => search.trials.find(t => t.batchSize === size)!.tokensPerSecond
  expect(rateOf(search.suggestion)).toBeGreaterThanOrEqual(
    0.95 * Math.max(...search.trials.map(t => t.tokensPerSecond)),
  )
})

test('a probe of the rate leaves the engine as it was', async () => {
  const engine = await freshEngine()
  const before = await engine.save()
  const shape = { batchSize: 2, contextLength: 8, vocabSize: 8 }
  expect(await measureRate({ engine, optimizer, ...shape, steps: 3 })).toBeGreaterThan(0)
  expect(await engine.save()).toEqual(before)
  await engine.dispose()
})
