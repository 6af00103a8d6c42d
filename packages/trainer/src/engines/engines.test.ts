import { useBackend } from '@tinystories/backends'
import { beforeEach, describe, expect, test } from 'vitest'
import { adamW } from '../optimizers/adam-w.ts'
import { averageWeights } from '../optimizers/average-weights.ts'
import { chain } from '../optimizers/chain.ts'
import { clipByGlobalNorm } from '../optimizers/clip-by-global-norm.ts'
import { lion } from '../optimizers/lion.ts'
import { muon } from '../optimizers/muon.ts'
import { scale } from '../optimizers/scale.ts'
import { scaleByAdam } from '../optimizers/scale-by-adam.ts'
import { scaleByLearningRate } from '../optimizers/scale-by-learning-rate.ts'
import { sgd } from '../optimizers/sgd.ts'
import { installedEngines } from '../testing/installed-engines.ts'
import { toyBatch, toyModel } from '../testing/toy-model.ts'
import type { ArrayRecord, Engine, EngineState, TokenBatch } from '../types.ts'
import { type CreateEngineOptions, createEngine } from './create-engine.ts'
import { initialState } from './initial-state.ts'

// A model's parameters are tensors of some backend.
await useBackend('cpu')
const optimizer = chain(adamW(), averageWeights({ decay: 0.9 }))
const model = toyModel()

beforeEach(() => useBackend('cpu'))

async function start(options: Partial<CreateEngineOptions>): Promise<Engine> {
  const { engine } = await createEngine({ model, optimizer, ...options })
  await engine.load(await initialState(model.parameters, options.optimizer ?? optimizer))
  return engine
}

/** Several steps; the state after them and the losses. */
async function train(
  engine: Engine,
  batches: (TokenBatch | TokenBatch[])[],
  using = optimizer,
): Promise<{ state: EngineState; losses: number[] }> {
  const losses: number[] = []
  for (const [i, batch] of batches.entries()) {
    const scalars = { learningRate: 0.01, ...using.scalars(i + 1) }
    losses.push((await engine.step(batch, scalars)).loss)
  }
  return { state: await engine.save(), losses }
}

function expectNear(found: ArrayRecord, expected: ArrayRecord, absolute: number): void {
  for (const [name, values] of Object.entries(expected))
    expect(found[name], name).toBeNear(values, { absolute })
}

/** Rows `from` to `to` of a batch; every third target of it does not count. */
function rows(batch: TokenBatch, from: number, to: number): TokenBatch {
  const [, length] = batch.shape
  const cut = <T extends Int32Array | Float32Array>(values: T): T =>
    values.slice(from * length, to * length) as T
  return {
    inputs: cut(batch.inputs),
    targets: cut(batch.targets),
    mask: cut(batch.mask.map((_, i) => (i % 3 === 0 && i > length ? 0 : 1))),
    shape: [to - from, length],
    bytes: 1,
  }
}

describe.each([...installedEngines.map(name => [name, 1] as const), ['wasm', 2], ['cpu', 3]] as const)(
  '%s with %i worker(s)',
  (name, workers) => {
    test('a step on four small batches equals one on the large batch', async () => {
      // Of unequal sizes and counts, so that equal weights would be wrong.
      const parts = Array.from({ length: 5 }, (_, i) => {
        const batch = toyBatch(i, 8)
        return [rows(batch, 0, 1), rows(batch, 1, 4), rows(batch, 4, 6), rows(batch, 6, 8)]
      })
      const engine = await start({ engine: name, workers })
      const found = await train(engine, parts)
      await engine.load(await initialState(model.parameters, optimizer))
      const expected = await train(engine, parts.map(join))
      await engine.dispose()
      expect(found.losses).toBeNear(expected.losses, { relative: 1e-6 })
      // Five steps of Adam, which divides by roots of small sums of squares.
      expectNear(found.state.parameters, expected.state.parameters, 2e-6)
    })

    test('evaluates the averages where they are asked for', async () => {
      const engine = await start({ engine: name, workers })
      const { state } = await train(
        engine,
        Array.from({ length: 5 }, (_, i) => toyBatch(i)),
      )
      const averaged = await engine.evaluate(toyBatch(9), 'average')
      const present = await engine.evaluate(toyBatch(9))
      await engine.load({ ...state, parameters: state.optimizer['1.average']! })
      const expected = await engine.evaluate(toyBatch(9))
      await engine.dispose()
      expect(averaged.nats).toBeNear(expected.nats, { relative: 1e-6 })
      expect(averaged.nats).not.toBeNear(present.nats, { relative: 1e-3 })
    })

    test('names the parameter with the largest gradient', async () => {
      const plain = sgd({ momentum: 0, maxGradientNorm: Number.POSITIVE_INFINITY })
      const engine = await start({ engine: name, workers, optimizer: plain })
      const before = await engine.save()
      const step = await engine.step(toyBatch(1), { learningRate: 1 })
      const after = await engine.save()
      await engine.dispose()
      // With rate 1 and no momentum the change is the gradient.
      const norms = Object.entries(before.parameters).map(([parameter, values]) => ({
        parameter,
        norm: Math.hypot(...values.map((value, i) => value - after.parameters[parameter]![i]!)),
      }))
      const largest = norms.reduce((a, b) => (b.norm > a.norm ? b : a))
      expect(step.largestGradient.parameter).toBe(largest.parameter)
      // The difference of two float32 parameters has fewer digits than the gradient.
      expect(step.largestGradient.norm).toBeNear(largest.norm, { relative: 1e-5 })
      expect(step.gradientNorm).toBeNear(Math.hypot(...norms.map(({ norm }) => norm)), { relative: 1e-5 })
    })
  },
)

test('two workers are bit-exact each time, and agree with one within rounding', async () => {
  const batches = Array.from({ length: 12 }, (_, i) => toyBatch(i, 5))
  const runs = []
  for (const workers of [2, 2, 1]) {
    const engine = await start({ engine: 'wasm', workers })
    runs.push(await train(engine, batches))
    await engine.dispose()
  }
  const [first, second, alone] = runs as [(typeof runs)[0], (typeof runs)[0], (typeof runs)[0]]
  expect(second).toEqual(first)
  expectNear(first.state.parameters, alone.state.parameters, 2e-6)
  expect(first.losses).not.toEqual(alone.losses)
})

describe('the workers make the same update as one thread, bit-exact:', () => {
  test.each([
    ['adamW and averages', optimizer],
    ['muon', muon({ momentum: 0.9 })],
    [
      'a chain of links',
      chain(clipByGlobalNorm(0.1), scaleByAdam({ beta1: 0.5 }), scale(3), scaleByLearningRate()),
    ],
  ])('%s', async (_, using) => {
    expect(using.source).toBeDefined()
    const { source: __, ...inMainThread } = using
    const batches = Array.from({ length: 4 }, (_, i) => toyBatch(i, 4))
    const found = []
    for (const optimizer of [using, inMainThread]) {
      const engine = await start({ engine: 'wasm', workers: 2, optimizer })
      const before = await train(engine, batches, optimizer)
      // What was saved is all that is needed to continue.
      await engine.load(before.state)
      found.push([before, await train(engine, batches, optimizer)])
      await engine.dispose()
    }
    expect(found[0]).toEqual(found[1])
    expect(found[0]![1]!.losses).not.toEqual(found[0]![0]!.losses)
  })
})

test('more workers than parameters: some have nothing to update', async () => {
  const [engine, single] = [await start({ engine: 'cpu', workers: 5 }), await start({ engine: 'cpu' })]
  const batches = [toyBatch(0, 6), toyBatch(1, 6)]
  const [found, expected] = [await train(engine, batches), await train(single, batches)]
  await engine.dispose()
  await single.dispose()
  expect(Object.keys(found.state.optimizer)).toEqual(Object.keys(expected.state.optimizer))
  expect(Object.keys(found.state.parameters)).toEqual(Object.keys(expected.state.parameters))
  expectNear(found.state.parameters, expected.state.parameters, 2e-6)
})

test('a batch with fewer rows than workers is done by as many as there are rows', async () => {
  const parallel = await start({ engine: 'cpu', workers: 3 })
  const single = await start({ engine: 'cpu' })
  const [found, expected] = [await train(parallel, [toyBatch(0, 1)]), await train(single, [toyBatch(0, 1)])]
  await parallel.dispose()
  await single.dispose()
  expect(found.losses).toEqual(expected.losses)
})

test('every optimizer gives the same compiled as op by op', async () => {
  for (const using of [sgd({ nesterov: true }), lion()]) {
    const [one, two] = [
      await start({ engine: 'compiled', optimizer: using }),
      await start({ engine: 'cpu', optimizer: using }),
    ]
    const batches = Array.from({ length: 5 }, (_, i) => toyBatch(i))
    const [found, expected] = [await train(one, batches, using), await train(two, batches, using)]
    await one.dispose()
    await two.dispose()
    expectNear(found.state.parameters, expected.state.parameters, 2e-6)
  }
})

describe('refuses', () => {
  test('workers of an engine that has its own', async () => {
    await expect(start({ engine: 'compiled', workers: 2 })).rejects.toMatchObject({
      code: 'invalid-option',
      details: { option: 'workers', value: 2 },
    })
  })
  test('half a worker', async () => {
    await expect(start({ engine: 'wasm', workers: 1.5 })).rejects.toMatchObject({
      code: 'invalid-option',
      details: { option: 'workers', value: 1.5 },
    })
  })
  test('a model that workers cannot find', async () => {
    const { source: _, ...hidden } = model
    await expect(start({ engine: 'wasm', workers: 2, model: hidden })).rejects.toMatchObject({
      code: 'missing-option',
      details: { option: 'model.source' },
    })
  })
  test('a module that is not there', async () => {
    const source = { ...model.source!, module: new URL('./nowhere.ts', import.meta.url).href }
    await expect(start({ engine: 'wasm', workers: 2, model: { ...model, source } })).rejects.toMatchObject({
      name: 'WorkerError',
      code: 'crashed',
      details: { reason: expect.stringContaining('nowhere') },
    })
  })
  test('an engine whose package is not installed', async () => {
    await expect(start({ engine: 'node-gpu' })).rejects.toMatchObject({
      name: 'BackendError',
      details: { backend: 'node-gpu' },
    })
  })
})

function join(parts: TokenBatch[]): TokenBatch {
  const flat = (name: 'inputs' | 'targets' | 'mask'): number[] => parts.flatMap(part => [...part[name]])
  return {
    inputs: Int32Array.from(flat('inputs')),
    targets: Int32Array.from(flat('targets')),
    mask: Float32Array.from(flat('mask')),
    shape: [parts.reduce((sum, { shape }) => sum + shape[0], 0), parts[0]!.shape[1]],
    bytes: 1,
  }
}
