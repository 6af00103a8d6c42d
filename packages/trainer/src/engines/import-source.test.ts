import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { expect, test } from 'vitest'
import { adam } from '../optimizers/adam.ts'
import { adamW } from '../optimizers/adam-w.ts'
import { averageWeights } from '../optimizers/average-weights.ts'
import { chain } from '../optimizers/chain.ts'
import { lion } from '../optimizers/lion.ts'
import { muon } from '../optimizers/muon.ts'
import type { Optimizer } from '../optimizers/optimizer.ts'
import { partition } from '../optimizers/partition.ts'
import { sgd } from '../optimizers/sgd.ts'
import { importOptimizer } from './import-source.ts'
import { toArrays } from './to-arrays.ts'

await useBackend('cpu')

/** Parameters, moments and scalars of the second step. */
async function twoSteps(optimizer: Optimizer): Promise<unknown> {
  const parameters = { weight: tf.tensor2d([1, -2, 3, 4, 5, -6], [3, 2]), bias: tf.tensor1d([0.5, -0.25]) }
  let state = optimizer.init(parameters)
  let updates = {}
  for (const step of [1, 2]) {
    const numbers = { learningRate: 0.01 * step, ...optimizer.scalars(step) }
    const scalars = Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)]),
    )
    const gradients = { weight: tf.mul(parameters.weight, step), bias: tf.square(parameters.bias) }
    ;({ updates, state } = optimizer.update(gradients, state, {
      parameters,
      gradientNorm: tf.scalar(9),
      scalars,
    }))
  }
  const slots = await Promise.all(Object.entries(state).map(async ([slot, t]) => [slot, await toArrays(t)]))
  return { updates: await toArrays(updates), slots }
}

test.each([
  ['adam', adam({ beta1: 0.8, maxGradientNorm: 3 })],
  ['adamW', adamW({ epsilon: 1e-6, weightDecay: 0.3, maxGradientNorm: Number.POSITIVE_INFINITY })],
  ['lion', lion({ beta2: 0.9 })],
  ['sgd', sgd({ momentum: 0.7, nesterov: true, weightDecay: 0.1 })],
  ['sgd without momentum', sgd({ momentum: 0 })],
  ['muon', muon({ muonFactor: 3, momentum: 0.8, beta2: 0.9 })],
  ['averages', chain(muon(), averageWeights({ decay: 0.5 }))],
])('%s can be made from its source alone', async (_, optimizer) => {
  const sent = structuredClone(optimizer.source!)
  expect(await twoSteps(await importOptimizer(sent))).toEqual(await twoSteps(optimizer))
})

test('a partition by a function has no source, nor has a chain with one', () => {
  const partitioned = partition(name => name === 'bias', adam(), lion())
  expect(partitioned.source).toBeUndefined()
  expect(chain(partitioned, averageWeights()).source).toBeUndefined()
})
