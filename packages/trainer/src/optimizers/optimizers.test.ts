import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededNumbers } from '../testing/toy-model.ts'
import { adam } from './adam.ts'
import { adamW } from './adam-w.ts'
import { addDecayedWeights } from './add-decayed-weights.ts'
import { averageWeights } from './average-weights.ts'
import { chain } from './chain.ts'
import { lion } from './lion.ts'
import { muon } from './muon.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'
import { orthogonalize } from './orthogonalize.ts'
import { sgd } from './sgd.ts'

beforeAll(() => useBackend('cpu'))

const random = seededNumbers(3)
const matrix = (rows: number, columns: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, () => random() * 2 - 1),
    [rows, columns],
  )

/** One update as the trainer makes it. */
function update(
  optimizer: Optimizer,
  parameters: Record<string, tf.Tensor>,
  gradients: Record<string, tf.Tensor>,
  state: OptimizerState,
  step: number,
  learningRate: number,
): { parameters: Record<string, tf.Tensor>; state: OptimizerState } {
  const norm = Math.sqrt(
    Object.values(gradients).reduce((sum, g) => sum + tf.sum(tf.square(g)).dataSync()[0]!, 0),
  )
  const numbers = { learningRate, ...optimizer.scalars(step) }
  const result = optimizer.update(gradients, state, {
    parameters,
    gradientNorm: tf.scalar(norm),
    scalars: Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)])),
  })
  return {
    state: result.state,
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([name, p]) => [name, tf.sub(p, result.updates[name]!)]),
    ),
  }
}

describe('adamW', () => {
  test('follows the textbook in double precision for 20 steps, clipping and decay included', () => {
    const [beta1, beta2, epsilon, decay, rate, maxNorm] = [0.9, 0.95, 1e-8, 0.1, 0.02, 1]
    const optimizer = adamW({ beta1, beta2, epsilon, weightDecay: decay, maxGradientNorm: maxNorm })
    let parameters: Record<string, tf.Tensor> = { weight: matrix(3, 2), bias: tf.tensor1d([0.5, -0.25]) }
    let state = optimizer.init(parameters)
    const expected = Object.fromEntries(
      Object.entries(parameters).map(([name, p]) => [
        name,
        Array.from(p.dataSync(), value => ({ value, m: 0, v: 0 })),
      ]),
    )
    for (let step = 1; step <= 20; step++) {
      const gradients = { weight: matrix(3, 2), bias: tf.tensor1d([random(), random()]) }
      ;({ parameters, state } = update(optimizer, parameters, gradients, state, step, rate))

      const all = Object.entries(gradients).flatMap(([name, g]) =>
        Array.from(g.dataSync(), (value, i) => ({ name, i, value })),
      )
      const norm = Math.sqrt(all.reduce((sum, { value }) => sum + value ** 2, 0))
      for (const { name, i, value } of all) {
        const cell = expected[name]![i]!
        const g = value * Math.min(1, maxNorm / (norm + 1e-6))
        cell.m = beta1 * cell.m + (1 - beta1) * g
        cell.v = beta2 * cell.v + (1 - beta2) * g * g
        const direction = cell.m / (1 - beta1 ** step) / (Math.sqrt(cell.v / (1 - beta2 ** step)) + epsilon)
        cell.value -= rate * (direction + (name === 'weight' ? decay * cell.value : 0))
      }
    }
    for (const [name, cells] of Object.entries(expected)) {
      // float32 over twenty steps.
      expect(parameters[name]!.dataSync()).toBeNear(
        cells.map(({ value }) => value),
        { absolute: 1e-6 },
      )
    }
  })

  test.each([{ beta1: 1 }, { beta2: -0.1 }, { epsilon: 0 }, { weightDecay: -1 }, { maxGradientNorm: 0 }])(
    'refuses %o',
    options => {
      const [[option, value]] = Object.entries(options) as [[string, number]]
      const details = expect.objectContaining({ option, value })
      expect(() => adamW(options)).toThrow(expect.objectContaining({ code: 'invalid-option', details }))
    },
  )
})

describe('against PyTorch 2.15, twelve steps in double precision', () => {
  const noClip = { maxGradientNorm: Number.POSITIVE_INFINITY }
  const cases: [string, Optimizer, number[]][] = [
    ['SGD', sgd({ momentum: 0, ...noClip }), [0.479897998, -0.207755478, 1.433226575, 1.878063715]],
    ['SGD, momentum', sgd(noClip), [0.102057483, -0.156178137, 1.407825812, 1.772938334]],
    [
      'SGD, Nesterov',
      sgd({ nesterov: true, ...noClip }),
      [0.142660761, -0.122072927, 1.349018484, 1.67215474],
    ],
    ['Adam', adam({ beta2: 0.99, ...noClip }), [0.306000561, -0.284541388, 1.485012492, 2.052310662]],
    ['AdamW', adamW(noClip), [0.284915262, -0.267457712, 1.399554709, 1.933519934]],
  ]
  test.each(cases)('%s', (_name, optimizer, expected) => {
    let parameters: Record<string, tf.Tensor> = { w: tf.tensor2d([0.5, -0.25, 1.5, 2], [2, 2]) }
    let state = optimizer.init(parameters)
    for (let step = 1; step <= 12; step++) {
      const w = parameters.w!.dataSync()
      const g = Float32Array.from(w, (value, i) => Math.sin(i + step) + 0.1 * value)
      ;({ parameters, state } = update(
        optimizer,
        parameters,
        { w: tf.tensor2d(g, [2, 2]) },
        state,
        step,
        0.05,
      ))
    }
    // float32 over twelve steps, whose sums of both signs cancel.
    expect(parameters.w!.dataSync()).toBeNear(expected, { absolute: 1e-6 })
  })
})

test('lion moves every weight by the rate, along the sign of the mix, and decays matrices', () => {
  const [beta1, beta2, decay, rate] = [0.9, 0.99, 0.5, 0.01]
  const optimizer = lion({ beta1, beta2, weightDecay: decay, maxGradientNorm: Number.POSITIVE_INFINITY })
  let parameters: Record<string, tf.Tensor> = { w: matrix(3, 2), b: tf.tensor1d([0.5, -0.5]) }
  let state = optimizer.init(parameters)
  const cells = Object.entries(parameters).flatMap(([name, p]) =>
    Array.from(p.dataSync(), (value, i) => ({ name, i, value, m: 0 })),
  )
  for (let step = 1; step <= 10; step++) {
    // The last gradient of `b` is always 0: nothing may move it.
    const gradients = { w: matrix(3, 2), b: tf.tensor1d([random() - 0.5, 0]) }
    ;({ parameters, state } = update(optimizer, parameters, gradients, state, step, rate))
    for (const cell of cells) {
      const g = gradients[cell.name as 'w' | 'b'].dataSync()[cell.i]!
      const direction = Math.sign(beta1 * cell.m + (1 - beta1) * g)
      cell.value -= rate * (direction + (cell.name === 'w' ? decay * cell.value : 0))
      cell.m = beta2 * cell.m + (1 - beta2) * g
    }
  }
  const values = (['w', 'b'] as const).flatMap(name => [...parameters[name]!.dataSync()])
  expect(values).toBeNear(
    cells.map(({ value }) => value),
    { absolute: 1e-6 },
  )
  expect(parameters.b!.dataSync()[1]).toBe(-0.5)
})

test('averageWeights keeps the mean that its formula says and leaves the weights alone', () => {
  const averaged = chain(sgd(), averageWeights({ decay: 0.8 }))
  const plain = sgd()
  const start = { w: matrix(2, 2) }
  let [one, two] = [start, start] as Record<string, tf.Tensor>[]
  let [stateOne, stateTwo] = [averaged.init(start), plain.init(start)]
  const expected = Array.from(start.w.dataSync())
  for (let step = 1; step <= 40; step++) {
    const gradients = { w: matrix(2, 2) }
    ;({ parameters: one, state: stateOne } = update(averaged, one!, gradients, stateOne, step, 0.1))
    ;({ parameters: two, state: stateTwo } = update(plain, two!, gradients, stateTwo, step, 0.1))
    const d = Math.min(0.8, (1 + step) / (10 + step))
    one!.w!.dataSync().forEach((value, i) => {
      expected[i] = d * expected[i]! + (1 - d) * value
    })
  }
  expect(Array.from(one!.w!.dataSync())).toEqual(Array.from(two!.w!.dataSync()))
  expect(stateOne['1.average']!.w!.dataSync()).toBeNear(expected, { absolute: 1e-6 })
})

test.each([
  ['momentum', () => sgd({ momentum: 1 })],
  ['weightDecay', () => sgd({ weightDecay: -1 })],
  ['beta2', () => lion({ beta2: 1 })],
  ['decay', () => averageWeights({ decay: 1 })],
])('refuses an impossible %s', (option, make) => {
  const details = expect.objectContaining({ option })
  expect(make).toThrow(expect.objectContaining({ code: 'invalid-option', details }))
})

describe('muon', () => {
  test.each([
    [8, 8],
    [4, 16],
    [16, 4],
  ])('brings the singular values of a %i x %i matrix near 1', (rows, columns) => {
    const x = orthogonalize(matrix(rows, columns))
    const short = Math.min(rows, columns)
    // The squares of the singular values are the eigenvalues of the smaller Gram matrix: its trace and every
    // Rayleigh quotient lie between the smallest and the largest of them.
    const gram = rows <= columns ? tf.matMul(x, x, false, true) : tf.matMul(x, x, true, false)
    const trace = tf.sum(tf.mul(gram, tf.eye(short))).dataSync()[0]!
    expect(trace / short).toBeGreaterThan(0.5)
    expect(trace / short).toBeLessThan(1.5)
    for (let trial = 0; trial < 20; trial++) {
      const direction = matrix(short, 1)
      const quotient =
        tf.sum(tf.mul(direction, tf.matMul(gram, direction))).dataSync()[0]! /
        tf.sum(tf.square(direction)).dataSync()[0]!
      expect(quotient).toBeGreaterThan(0.3)
      expect(quotient).toBeLessThan(1.6)
    }
  })

  test('moves hidden matrices by Muon and tables, biases and norms by Adam', () => {
    const optimizer = muon()
    const state = optimizer.init({
      'embedding.token': matrix(4, 3),
      'layers.0.mlp.up.weight': matrix(3, 6),
      'layers.0.mlp.up.bias': tf.zeros([6]),
    })
    expect(Object.fromEntries(Object.entries(state).map(([slot, t]) => [slot, Object.keys(t)]))).toEqual({
      '1.first.0.momentum': ['layers.0.mlp.up.weight'],
      '1.second.0.firstMoment': ['embedding.token', 'layers.0.mlp.up.bias'],
      '1.second.0.secondMoment': ['embedding.token', 'layers.0.mlp.up.bias'],
    })
  })
})

test('weight decay leaves vectors alone', () => {
  const parameters = { weight: tf.ones([2, 2]), bias: tf.ones([2]) }
  const { updates } = addDecayedWeights(0.5).update(
    { weight: tf.zeros([2, 2]), bias: tf.zeros([2]) },
    {},
    { parameters, gradientNorm: tf.scalar(0), scalars: {} },
  )
  expect(Array.from(updates.weight!.dataSync())).toEqual([0.5, 0.5, 0.5, 0.5])
  expect(Array.from(updates.bias!.dataSync())).toEqual([0, 0])
})
