import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, describe, expect, test } from 'vitest'
import { mulberry32 } from '../testing/toy-model.ts'
import { adamW } from './adam-w.ts'
import { addDecayedWeights } from './add-decayed-weights.ts'
import { chain } from './chain.ts'
import { muon } from './muon.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'
import { orthogonalize } from './orthogonalize.ts'
import { scaleByAdam } from './scale-by-adam.ts'

beforeAll(() => useBackend('cpu'))

const random = mulberry32(3)
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
      const found = parameters[name]!.dataSync()
      cells.forEach(({ value }, i) => {
        expect(found[i]).toBeCloseTo(value, 5)
      })
    }
  })

  test.each([{ beta1: 1 }, { beta2: -0.1 }, { epsilon: 0 }, { weightDecay: -1 }, { maxGradientNorm: 0 }])(
    'refuses %o',
    options => {
      expect(() => adamW(options)).toThrow(RangeError)
    },
  )
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
      'first.momentum': ['layers.0.mlp.up.weight'],
      'second.firstMoment': ['embedding.token', 'layers.0.mlp.up.bias'],
      'second.secondMoment': ['embedding.token', 'layers.0.mlp.up.bias'],
    })
  })
})

test('chain refuses two links that keep state in one slot', () => {
  expect(() => chain(scaleByAdam(), scaleByAdam()).init({ w: tf.zeros([2, 2]) })).toThrow(
    /slot "firstMoment"/,
  )
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
