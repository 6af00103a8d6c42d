import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import { CompilerError } from '../errors.ts'
import { randomData, randomNumbers } from '../testing/random.ts'
import type { TensorSpec } from '../tree.ts'
import { createRuntime } from './create-runtime.ts'
import { profileByOperation } from './profile.ts'
import type { Runtime } from './runtime.ts'

beforeAll(() => useBackend('cpu'))

const scalar = { shape: [], dtype: 'float32' } as const
const vector = (length: number): TensorSpec => ({ shape: [length], dtype: 'float32' })
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (CompilerError.isInstance(error) ? error.code : String(error)),
  )

interface Net {
  embedding: Tensor
  hidden: Tensor
  bias: Tensor
}
interface StepInputs {
  parameters: Net
  velocity: Net
  batch: { ids: Tensor; targets: Tensor }
  rate: Tensor
}

/** A small classifier with an embedding, trained with momentum: forward, backward and update as one function. */
function trainStep({ parameters, velocity, batch, rate }: StepInputs): {
  parameters: Net
  velocity: Net
  loss: Tensor
} {
  const names = ['embedding', 'hidden', 'bias'] as const
  const { value, grads } = tf.valueAndGrads((embedding: Tensor, hidden: Tensor, bias: Tensor) => {
    const x = tf.gather(embedding, tf.reshape(batch.ids, [-1]) as tf.Tensor1D)
    const h = tf.tanh(tf.add(tf.matMul(x, hidden), bias))
    const logits = tf.matMul(h, embedding, false, true)
    const picked = tf.mul(
      tf.logSoftmax(logits),
      tf.oneHot(tf.reshape(batch.targets, [-1]) as tf.Tensor1D, 11),
    )
    return tf.neg(tf.mean(tf.sum(picked, -1))) as tf.Scalar
  })(names.map(name => parameters[name]))
  const nextVelocity = {} as Net
  const next = {} as Net
  names.forEach((name, i) => {
    nextVelocity[name] = tf.add(tf.mul(velocity[name], 0.9), grads[i]!)
    next[name] = tf.sub(parameters[name], tf.mul(nextVelocity[name], rate))
  })
  return { parameters: next, velocity: nextVelocity, loss: value }
}

const netSpecs: Record<keyof Net, TensorSpec> = {
  embedding: { shape: [11, 8], dtype: 'float32' },
  hidden: { shape: [8, 8], dtype: 'float32' },
  bias: { shape: [8], dtype: 'float32' },
}
const batchSpecs: Record<'ids' | 'targets', TensorSpec> = {
  ids: { shape: [4, 6], dtype: 'int32' },
  targets: { shape: [4, 6], dtype: 'int32' },
}
const example = { parameters: netSpecs, velocity: netSpecs, batch: batchSpecs, rate: scalar }

function initial(seed: number, scale: number): Record<keyof Net, Float32Array> {
  const next = randomNumbers(seed)
  const data = (name: keyof Net): Float32Array =>
    randomData(netSpecs[name], next, -scale, scale) as Float32Array
  return { embedding: data('embedding'), hidden: data('hidden'), bias: data('bias') }
}
function batchOf(step: number): { ids: Int32Array; targets: Int32Array } {
  const next = randomNumbers(1000 + step)
  const data = (): Int32Array => randomData(batchSpecs.ids, next, 0, 11) as Int32Array
  return { ids: data(), targets: data() }
}

async function trainCompiled(
  runtime: Runtime,
  steps: number,
): Promise<{ losses: number[]; parameters: Record<string, Float32Array> }> {
  await runtime.write({ parameters: initial(1, 0.5), velocity: initial(2, 0) })
  const step = await runtime.compile(trainStep, example, { state: ['parameters', 'velocity'] })
  const losses = []
  for (let i = 0; i < steps; i++) {
    const { loss } = await step.run({ batch: batchOf(i), rate: Float32Array.of(0.1) })
    losses.push(loss[0]!)
  }
  await step.dispose()
  return { losses, parameters: (await runtime.read('parameters')) as Record<string, Float32Array> }
}

function trainEager(steps: number): { losses: number[]; parameters: Record<string, Float32Array> } {
  const tensorsOf = (net: Record<keyof Net, Float32Array>): Net =>
    Object.fromEntries(
      Object.entries(net).map(([name, data]) => [
        name,
        tf.tensor(data, [...netSpecs[name as keyof Net].shape]),
      ]),
    ) as unknown as Net
  const losses: number[] = []
  let parameters: Record<string, Float32Array> = {}
  tf.tidy(() => {
    let [net, velocity] = [tensorsOf(initial(1, 0.5)), tensorsOf(initial(2, 0))]
    for (let i = 0; i < steps; i++) {
      const { ids, targets } = batchOf(i)
      const batch = { ids: tf.tensor(ids, [4, 6], 'int32'), targets: tf.tensor(targets, [4, 6], 'int32') }
      const out = trainStep({ parameters: net, velocity, batch, rate: tf.scalar(0.1) })
      ;[net, velocity] = [out.parameters, out.velocity]
      losses.push(out.loss.dataSync()[0]!)
    }
    parameters = Object.fromEntries(
      Object.entries(net).map(([name, t]) => [name, (t as Tensor).dataSync() as Float32Array]),
    )
  })
  return { losses, parameters }
}

describe('a training step', () => {
  it('follows the eager one over ten steps, and is bit-exact when repeated', async () => {
    const runs: Awaited<ReturnType<typeof trainCompiled>>[] = []
    for (let i = 0; i < 2; i++) {
      const runtime = await createRuntime({ threads: 2 })
      runs.push(await trainCompiled(runtime, 10))
      await runtime.dispose()
    }
    const eager = trainEager(10)
    expect(eager.losses.at(-1)!).toBeLessThan(eager.losses[0]! - 0.005)
    runs[0]!.losses.forEach((loss, i) => {
      expect(Math.abs(loss - eager.losses[i]!)).toBeLessThan(1e-5 * (1 + Math.abs(eager.losses[i]!)))
    })
    for (const [name, values] of Object.entries(eager.parameters)) {
      values.forEach((value, i) => {
        expect(Math.abs(runs[0]!.parameters[name]![i]! - value)).toBeLessThan(1e-5)
      })
    }
    expect(runs[1]).toEqual(runs[0])
  })
})

describe('the state of a runtime', () => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await createRuntime({ threads: 1 })
  })
  afterAll(() => runtime.dispose())

  it('is read live by one function while another replaces it, and is kept when that one is disposed of', async () => {
    await runtime.write({ counter: { value: Float32Array.of(0, 10) } })
    type Counter = { counter: { value: Tensor } }
    const spec = { counter: { value: vector(2) } }
    const increment = await runtime.compile(
      ({ counter }: Counter) => ({ counter: { value: tf.add(counter.value, 1) } }),
      spec,
      { state: ['counter'] },
    )
    const double = await runtime.compile(
      ({ counter }: Counter) => ({ doubled: tf.mul(counter.value, 2) }),
      spec,
      { state: ['counter'] },
    )
    for (let i = 1; i <= 5; i++) {
      expect(await increment.run({})).toEqual({})
      expect((await double.run({})).doubled).toEqual(Float32Array.of(2 * i, 2 * (i + 10)))
    }
    await increment.dispose()
    expect(await runtime.read('counter')).toEqual({ value: Float32Array.of(5, 15) })
    await runtime.write({ counter: { value: Float32Array.of(7, 7) } })
    expect((await double.run({})).doubled).toEqual(Float32Array.of(14, 14))
  })

  it('gives copies, so that later runs do not change what was read', async () => {
    await runtime.write({ tally: { n: Float32Array.of(1) } })
    const step = await runtime.compile(
      ({ tally }: { tally: { n: Tensor } }) => ({ tally: { n: tf.add(tally.n, 1) }, seen: tally.n }),
      { tally: { n: vector(1) } },
      { state: ['tally'] },
    )
    const first = await step.run({})
    const read = await runtime.read('tally')
    await step.run({})
    await step.run({})
    expect(first.seen).toEqual(Float32Array.of(1))
    expect(read).toEqual({ n: Float32Array.of(2) })
  })

  it('passes unchanged tensors on, and swaps two without mixing them up', async () => {
    await runtime.write({ pair: { a: Float32Array.of(1), b: Float32Array.of(2) } })
    const swap = await runtime.compile(
      ({ pair }: { pair: { a: Tensor; b: Tensor } }) => ({ pair: { a: pair.b, b: pair.a } }),
      { pair: { a: vector(1), b: vector(1) } },
      { state: ['pair'] },
    )
    await swap.run({})
    expect(await runtime.read('pair')).toEqual({ a: Float32Array.of(2), b: Float32Array.of(1) })
    await swap.run({})
    expect(await runtime.read('pair')).toEqual({ a: Float32Array.of(1), b: Float32Array.of(2) })
  })

  it('is not changed by a run that fails', async () => {
    await runtime.write({ rows: { table: Float32Array.of(1, 2, 3) } })
    const step = await runtime.compile(
      ({ rows, index }: { rows: { table: Tensor }; index: Tensor }) => ({
        rows: { table: tf.gather(rows.table, index as tf.Tensor1D) },
      }),
      { rows: { table: vector(3) }, index: { shape: [3], dtype: 'int32' } },
      { state: ['rows'] },
    )
    const failure = step.run({ index: Int32Array.of(0, 1, 99) })
    await expect(failure).rejects.toThrow(
      /ONNX Runtime failed while running the graph: .*(out of|bounds|indices)/s,
    )
    expect(await codeOf(failure)).toBe('runtime-failed')
    expect(await runtime.read('rows')).toEqual({ table: Float32Array.of(1, 2, 3) })
    await step.run({ index: Int32Array.of(2, 1, 0) })
    expect(await runtime.read('rows')).toEqual({ table: Float32Array.of(3, 2, 1) })
  })

  it('has one shape for all functions', async () => {
    await runtime.write({ grid: { x: Float32Array.of(1, 2, 3, 4) } })
    type Grid = { grid: { x: Tensor } }
    const twice = ({ grid }: Grid): { grid: { x: Tensor } } => ({ grid: { x: tf.mul(grid.x, 2) } })
    await runtime.compile(twice, { grid: { x: { shape: [2, 2], dtype: 'float32' } } }, { state: ['grid'] })
    await runtime.write({ grid: { x: Float32Array.of(5, 6, 7, 8) } })
    const other = runtime.compile(twice, { grid: { x: vector(4) } }, { state: ['grid'] })
    await expect(other).rejects.toMatchObject({
      code: 'invalid-array',
      details: { role: 'input', name: 'grid/x', found: expect.stringContaining('shape [4]') },
    })
  })

  it('refuses what does not fit, by name', async () => {
    await runtime.write({ w: { x: Float32Array.of(1, 2) } })
    const refusal = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'no error',
        (error: CompilerError) => [error.code, error.details],
      )
    expect(await refusal(runtime.write({ w: { x: Float32Array.of(1) } }))).toMatchObject([
      'invalid-array',
      { role: 'state', name: 'w/x', found: '1 elements of float32' },
    ])
    expect(await refusal(runtime.write({ w: { y: [1, 2] } }))).toEqual([
      'invalid-tree',
      { what: 'The state', path: 'w/y', found: 'an array' },
    ])
    expect(await refusal(runtime.read('nothing'))).toEqual(['unwritten-state', { name: 'nothing' }])
    type W = { w: { x: Tensor } }
    const same = ({ w }: W): object => ({ y: w.x })
    const compileW = (fn: (inputs: W) => object, length: number): Promise<unknown> =>
      refusal(runtime.compile(fn, { w: { x: vector(length) } }, { state: ['w'] }))
    expect(await compileW(same, 3)).toMatchObject(['invalid-array', { role: 'input', name: 'w/x' }])
    expect(await compileW(({ w }) => ({ w: { z: w.x } }), 2)).toEqual(['unwritten-state', { name: 'w/z' }])
    expect(await compileW(({ w }) => ({ w: { x: tf.cast(w.x, 'int32') } }), 2)).toMatchObject([
      'invalid-array',
      { role: 'output', name: 'w/x', found: 'of shape [2] and type int32' },
    ])
  })
})

describe('compile', () => {
  it('runs a function, into given arrays if there are some, and answers calls in order', async () => {
    const compiled = await compile(
      ({ a, b }: { a: Tensor; b: { c: Tensor } }) => ({
        sum: tf.add(a, b.c),
        all: { more: tf.greater(a, b.c) },
      }),
      {
        a: vector(2),
        b: { c: scalar },
      },
    )
    const results = await Promise.all(
      [1, 2, 3].map(n => compiled.run({ a: Float32Array.of(n, 2), b: { c: Float32Array.of(n + 1) } })),
    )
    expect(results.map(({ sum }) => sum[0])).toEqual([3, 5, 7])
    expect(results[0]).toEqual({ sum: Float32Array.of(3, 4), all: { more: Uint8Array.of(0, 0) } })
    const into = { sum: new Float32Array(2) }
    const { sum } = await compiled.run({ a: Float32Array.of(5, 6), b: { c: Float32Array.of(1) } }, into)
    expect(sum).toBe(into.sum)
    expect(into.sum).toEqual(Float32Array.of(6, 7))
    await compiled.dispose()
    await compiled.dispose()
    expect(await codeOf(compiled.run({ a: Float32Array.of(1, 2), b: { c: Float32Array.of(1) } }))).toBe(
      'disposed',
    )
  })

  it('aborts a run that has not begun, and continues with those after it', async () => {
    const runtime = await createRuntime({ threads: 1 })
    await runtime.write({ tally: { n: Float32Array.of(0) } })
    const step = await runtime.compile(
      ({ tally, by }: { tally: { n: Tensor }; by: Tensor }) => ({ tally: { n: tf.add(tally.n, by) } }),
      { tally: { n: vector(1) }, by: scalar },
      { state: ['tally'] },
    )
    const stop = new AbortController()
    const by = (n: number): { by: Float32Array } => ({ by: Float32Array.of(n) })
    const runs = [
      step.run(by(1)),
      step.run(by(10), undefined, { signal: stop.signal }),
      step.run(by(100)),
      step.run(by(1000), undefined, { signal: new AbortController().signal }),
    ]
    stop.abort(new Error('enough'))
    const settled = await Promise.allSettled(runs)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(settled[1]).toMatchObject({ reason: { message: 'enough' } })
    expect(await runtime.read('tally')).toEqual({ n: Float32Array.of(1101) })
    await expect(step.run(by(1), undefined, { signal: stop.signal })).rejects.toThrow('enough')
    await runtime.dispose()
  })

  it('profiles by operation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compiler-profile-'))
    const runtime = await createRuntime({ threads: 1 })
    const compiled = await runtime.compile(
      ({ a }: { a: Tensor }) => ({ y: tf.tanh(tf.matMul(a, a)) }),
      { a: { shape: [32, 32], dtype: 'float32' } },
      { profile: join(folder, 'run') },
    )
    for (let i = 0; i < 3; i++) await compiled.run({ a: new Float32Array(1024) })
    await compiled.dispose()
    await runtime.dispose()
    const [file] = await readdir(folder)
    const rows = profileByOperation(await readFile(join(folder, file!), 'utf8'))
    await rm(folder, { recursive: true })
    expect(rows.map(({ op, calls }) => [op, calls]).sort()).toEqual([
      ['MatMul', 3],
      ['Tanh', 3],
    ])
    expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeNear(1, { absolute: 1e-12 })
    expect(rows[0]!.milliseconds).toBeGreaterThanOrEqual(rows[1]!.milliseconds)
  })

  it('takes views, shared memory and Buffers', async () => {
    const compiled = await compile(
      ({ a, b, c }: { a: Tensor; b: Tensor; c: Tensor }) => ({ y: tf.where(c, a, b) }),
      {
        a: vector(2),
        b: vector(2),
        c: { shape: [2], dtype: 'bool' },
      },
    )
    const shared = new Float32Array(new SharedArrayBuffer(8))
    shared.set([3, 4])
    const { y } = await compiled.run({
      a: Float32Array.of(9, 1, 2, 9).subarray(1, 3),
      b: shared,
      c: Buffer.from([1, 0]),
    })
    expect(y).toEqual(Float32Array.of(1, 4))
    await compiled.dispose()
  })

  it('names the input that is missing, unknown, of the wrong size or type', async () => {
    const compiled = await compile(({ a }: { a: Tensor }) => ({ y: a }), {
      a: { shape: [2, 2], dtype: 'int32' },
    })
    const refused = (inputs: object, code: string, details: object): Promise<void> =>
      expect(compiled.run(inputs as never)).rejects.toMatchObject({ code, details })
    const four = Int32Array.of(1, 2, 3, 4)
    await refused({}, 'missing-input', { name: 'a', known: ['a'] })
    await refused({ a: Int32Array.of(1) }, 'invalid-array', { found: 'a Int32Array of 1 elements' })
    await refused({ a: Float32Array.from(four) }, 'invalid-array', {
      expected: 'a Int32Array of 4 elements (shape [2,2] of type int32)',
    })
    await refused({ a: four, b: four }, 'unknown-array', { role: 'input', name: 'b', known: ['a'] })
    await refused({ a: 3 }, 'invalid-tree', { what: 'The input', path: 'a', found: 'a number' })
    await compiled.dispose()
  })

  it('gives a fresh set of results each time', async () => {
    const compiled = await compile(({ a }: { a: Tensor }) => ({ y: tf.mul(a, 2) }), { a: vector(1) })
    const first = await compiled.run({ a: Float32Array.of(1) })
    await compiled.run({ a: Float32Array.of(2) })
    expect(first.y).toEqual(Float32Array.of(2))
    await compiled.dispose()
  })

  it('frees the runtime when tracing fails', async () => {
    await expect(compile(() => ({}), {})).rejects.toMatchObject({ code: 'invalid-result' })
  })

  it('refuses options that do not exist', async () => {
    expect(await codeOf(createRuntime({ threads: 0 }))).toBe('invalid-option')
    expect(await codeOf(createRuntime({ runtime: 'web' as 'node' }))).toBe('invalid-option')
    expect(await codeOf(createRuntime({ providers: ['tpu' as 'cpu'] }))).toBe('invalid-option')
  })
})

describe('the end of a runtime', () => {
  it('waits for what is running and refuses what comes later', async () => {
    const runtime = await createRuntime({ threads: 1 })
    const step = await runtime.compile(({ a }: { a: Tensor }) => ({ y: tf.matMul(a, a) }), {
      a: { shape: [64, 64], dtype: 'float32' },
    })
    const running = step.run({ a: new Float32Array(64 * 64).fill(1) })
    const end = runtime.dispose()
    const late = codeOf(step.run({ a: new Float32Array(64 * 64) }))
    expect((await running).y[0]).toBe(64)
    expect(await late).toBe('disposed')
    await end
    await runtime.dispose()
    await step.dispose()
    expect(await codeOf(runtime.write({ x: Float32Array.of(1) }))).toBe('disposed')
  })
})
