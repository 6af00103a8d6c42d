import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers'
import { useBackend } from '@tinystories/backends'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { drawnDigits } from '../testing/drawn-digits.ts'
import { randomData, randomNumbers } from '../testing/random.ts'
import { traceFunction } from '../trace/trace-function.ts'
import type { TensorSpec } from '../tree.ts'
import { createRuntime } from './create-runtime.ts'
import type { Runtime } from './runtime.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
})
beforeEach(async () => {
  runtime = await createRuntime({ threads: 1 })
})
afterEach(async () => {
  await runtime.dispose()
  tf.disposeVariables()
})
afterAll(() => tf.disposeVariables())

type Inputs = { x: Tensor; y: Tensor }
const spec = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })

/** A training step of a model as users of tfjs write it. */
const stepOf = (model: LayersModel, optimizer: tf.Optimizer) => {
  return ({ x, y }: Inputs): { loss: Tensor } => ({
    loss: optimizer.minimize(() => {
      const logits = model.apply(x, { training: true }) as Tensor
      return tf.losses.softmaxCrossEntropy(y, logits) as tf.Scalar
    }, true)!,
  })
}
const weightsOf = (model: LayersModel): Float32Array[] =>
  model.getWeights().map(weights => weights.dataSync() as Float32Array)

/**
 * Trains a model eagerly and its twin compiled, from the same weights.
 * @returns the compiled losses
 */
async function trainBoth(
  make: () => LayersModel,
  optimizer: () => tf.Optimizer,
  data: { x: Float32Array; y: Float32Array; shapes: { x: TensorSpec; y: TensorSpec } },
  { eagerSteps = 4, steps = 4 } = {},
): Promise<number[]> {
  const [eager, compiled] = [make(), make()]
  const next = randomNumbers(7)
  const start = eager.weights.map(({ name, shape }) => {
    const values = randomData(spec(...(shape as number[])), next, -0.5, 0.5)
    return tf.tensor(name.includes('variance') ? values.map(Math.abs) : values, shape as number[])
  })
  for (const model of [eager, compiled]) model.setWeights(start)
  tf.dispose(start)
  const { x, y, shapes } = data
  const eagerStep = stepOf(eager, optimizer())
  const run = await runtime.compile(stepOf(compiled, optimizer()), shapes, { variables: true })
  const before = weightsOf(compiled)
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    losses.push((await run.run({ x, y })).loss[0]!)
    if (i >= eagerSteps) continue
    const expected = tf.tidy(() =>
      eagerStep({
        x: tf.tensor(x, [...shapes.x.shape]),
        y: tf.tensor(y, [...shapes.y.shape]),
      }).loss.dataSync(),
    )
    // float32 with other orders of sums.
    expect([losses.at(-1)!], `step ${i}`).toBeNear(expected, { relative: 2e-5 })
    if (i !== eagerSteps - 1) continue
    expect(weightsOf(compiled), 'what runs in the runtime stays there').toEqual(before)
    await runtime.readVariables()
    for (const [k, weights] of weightsOf(compiled).entries())
      expect(weights, `weights ${k}`).toBeNear(weightsOf(eager)[k]!, { absolute: 2e-4 })
  }
  return losses
}

describe('models of tfjs-layers compile with their optimizers', () => {
  const vectors = () => {
    const next = randomNumbers(3)
    const y = new Float32Array(6 * 3)
    for (let i = 0; i < 6; i++) y[i * 3 + (i % 3)] = 1
    const shapes = { x: spec(6, 8), y: spec(6, 3) }
    return { x: randomData(shapes.x, next) as Float32Array, y, shapes }
  }
  const mlp = () =>
    sequential({
      layers: [
        // A bias before the normalization would have no gradient but rounding, which Adam scales up.
        layers.dense({ units: 16, useBias: false, inputShape: [8] }),
        layers.batchNormalization(),
        layers.activation({ activation: 'relu' }),
        layers.dense({ units: 3 }),
      ],
    })

  it.each([
    ['adam', () => tf.train.adam(0.01)],
    ['adamax', () => tf.train.adamax(0.01)],
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.05, 0.9)],
    ['rmsprop', () => tf.train.rmsprop(0.01)],
    ['adagrad', () => tf.train.adagrad(0.1)],
    ['adadelta', () => tf.train.adadelta(0.1)],
  ])('an MLP with batch normalization and %s', async (_, optimizer) => {
    await trainBoth(mlp, optimizer, vectors())
  })

  it('a small CNN on drawn digits, which it learns', async () => {
    const { images, labels } = drawnDigits(40, 1)
    const make = () =>
      sequential({
        layers: [
          layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [12, 10, 1] }),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu' }),
          layers.flatten(),
          layers.dense({ units: 10 }),
        ],
      })
    const shapes = { x: spec(40, 12, 10, 1), y: spec(40, 10) }
    const data = { x: images, y: labels, shapes }
    const losses = await trainBoth(make, () => tf.train.adam(0.02), data, { steps: 60 })
    expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]!)
  })

  it('an LSTM', async () => {
    const make = () =>
      sequential({
        layers: [
          // Its default initializer calls methods of tensors that only @tensorflow/tfjs has.
          layers.lstm({ units: 6, inputShape: [5, 4], recurrentInitializer: 'zeros' }),
          layers.dense({ units: 3 }),
        ],
      })
    const shapes = { x: spec(6, 5, 4), y: spec(6, 3) }
    const x = randomData(shapes.x, randomNumbers(5)) as Float32Array
    await trainBoth(make, () => tf.train.adam(0.01), { ...vectors(), x, shapes })
  })
})

describe('variables as state', () => {
  const x = { x: spec(2) }

  it('are shared by functions, assigned in order, and fetched and written on request', async () => {
    const v = tf.variable(tf.tensor1d([1, 2]), true, 'v')
    const update = await runtime.compile(
      ({ x }: { x: Tensor }) => {
        const before = tf.add(v, 0)
        v.assign(tf.add(v, x) as tf.Tensor1D)
        v.assign(tf.mul(v, 2) as tf.Tensor1D)
        return { before, after: tf.add(v, 0) }
      },
      x,
      { variables: true },
    )
    const look = await runtime.compile(({ x }: { x: Tensor }) => ({ y: tf.mul(v, x) }), x, {
      variables: true,
    })
    expect(await update.run({ x: Float32Array.of(1, 1) })).toEqual({
      before: Float32Array.of(1, 2),
      after: Float32Array.of(4, 6),
    })
    expect(await look.run({ x: Float32Array.of(1, 10) })).toEqual({ y: Float32Array.of(4, 60) })
    expect(v.dataSync()).toEqual(Float32Array.of(1, 2))
    await runtime.readVariables()
    expect(v.dataSync()).toEqual(Float32Array.of(4, 6))
    v.assign(tf.tensor1d([7, 8]))
    expect(await look.run({ x: Float32Array.of(1, 1) })).toEqual({ y: Float32Array.of(4, 6) })
    await runtime.writeVariables()
    expect(await look.run({ x: Float32Array.of(1, 1) })).toEqual({ y: Float32Array.of(7, 8) })
  })

  it('a variable of the same name that comes later brings its own values', async () => {
    const make = async (value: number) => {
      const v = tf.variable(tf.tensor1d([value, value]), true, 'same')
      const f = await runtime.compile(({ x }: { x: Tensor }) => ({ y: tf.add(v, x) }), x, { variables: true })
      v.dispose()
      return f
    }
    await make(1)
    expect(await (await make(5)).run({ x: Float32Array.of(0, 1) })).toEqual({ y: Float32Array.of(5, 6) })
    await expect(runtime.readVariables()).resolves.toBeUndefined()
  })

  it('one that the function makes keeps its values from run to run', async () => {
    let sum: tf.Variable | undefined
    const add = ({ x }: { x: Tensor }) => {
      sum ??= tf.variable(tf.zerosLike(x))
      sum.assign(tf.add(sum, x))
      return { sum: tf.add(sum, 0) }
    }
    const compiled = await runtime.compile(add, x, { variables: true })
    await compiled.run({ x: Float32Array.of(1, 2) })
    expect(await compiled.run({ x: Float32Array.of(1, 2) })).toEqual({ sum: Float32Array.of(2, 4) })
    expect(sum!.dataSync()).toEqual(Float32Array.of(0, 0))
  })

  it('takes a number from outside as a constant, and refuses other tensors', () => {
    const [rate, table] = [tf.scalar(3), tf.tensor1d([1, 2])]
    const trace = (by: Tensor) =>
      traceFunction(({ x }: { x: Tensor }) => ({ y: tf.mul(x, by) }), x, { variables: true })
    expect(trace(rate).graph.nodes[0]!.inputs[1]).toMatchObject({ constant: Float32Array.of(3), shape: [] })
    expect(() => trace(table)).toThrow(expect.objectContaining({ code: 'captured-tensor' }))
    tf.dispose([rate, table])
  })

  it('refuses what cannot work, and leaves variables and tfjs as they were', () => {
    const v = tf.variable(tf.tensor1d([1, 2]), true, 'kept')
    const tensors = tf.memory().numTensors
    const codeOf = (
      fn: (inputs: { x: Tensor }) => object,
      example: Record<string, TensorSpec> = x,
    ): unknown => {
      try {
        traceFunction(fn as (inputs: object) => object, example, { variables: true })
        return 'none'
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    expect(codeOf(() => ({ y: tf.scalar(v.dataSync()[0]!) }))).toBe('read-while-tracing')
    expect(codeOf(({ x }) => ({ y: tf.variable(x) }))).toBe('computed-variable')
    const assignLonger = ({ x }: { x: Tensor }): object => {
      v.assign(tf.concat([x, x]) as tf.Tensor1D)
      return { x }
    }
    expect(codeOf(assignLonger)).toBe('invalid-array')
    expect(codeOf(({ x }) => ({ x }), { variables: spec(2) })).toBe('invalid-option')
    tf.disposeVariables()
    expect(v.isDisposed).toBe(false)
    expect(tensors - tf.memory().numTensors).toBe(1)
    expect(Object.hasOwn(tf.Variable.prototype, 'dataSync')).toBe(false)
  })
})
