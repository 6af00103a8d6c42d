import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { beforeAll, describe, expect, test } from 'vitest'
import { TrainerError } from '../errors.ts'
import { seededNumbers } from '../testing/toy-model.ts'
import type { ModuleSource } from '../types.ts'
import { addDecayedWeights } from './add-decayed-weights.ts'
import { clipByGlobalNorm } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'
import { orthogonalize } from './orthogonalize.ts'
import { scaleByAdam } from './scale-by-adam.ts'
import { scaleByLion } from './scale-by-lion.ts'
import { scaleByMomentum } from './scale-by-momentum.ts'
import { scaleByMuon } from './scale-by-muon.ts'
import { inverseSquareRoot, warmupCosine, warmupStableDecay } from './schedules.ts'

beforeAll(() => useBackend('cpu'))

const random = seededNumbers(11)
const matrix = (rows: number, columns: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, () => random() * 2 - 1),
    [rows, columns],
  )

/** Two updates with the same gradients; the values of the second. */
function secondUpdate(optimizer: Optimizer, gradients: Record<string, tf.Tensor>): Record<string, number[]> {
  const parameters = Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.onesLike(gradient)]),
  )
  let state = optimizer.init(parameters)
  let updates = gradients
  for (const step of [1, 2]) {
    const scalars = Object.entries({ learningRate: 0.1, ...optimizer.scalars(step) })
    const result = optimizer.update(gradients, state, {
      parameters,
      gradientNorm: tf.scalar(3),
      scalars: Object.fromEntries(scalars.map(([name, value]) => [name, tf.scalar(value)])),
    })
    state = result.state
    updates = result.updates
  }
  return Object.fromEntries(Object.entries(updates).map(([name, update]) => [name, [...update.dataSync()]]))
}

describe('options', () => {
  const share = 'in [0, 1)'
  test.each<[() => unknown, string, unknown, string]>([
    [() => scaleByAdam({ beta1: 1 }), 'beta1', 1, share],
    [() => scaleByAdam({ beta2: -0.1 }), 'beta2', -0.1, share],
    [() => scaleByAdam({ epsilon: 0 }), 'epsilon', 0, 'above 0'],
    [() => scaleByLion({ beta1: 1 }), 'beta1', 1, share],
    [() => scaleByLion({ beta2: -0.1 }), 'beta2', -0.1, share],
    [() => scaleByMomentum({ momentum: 1 }), 'momentum', 1, share],
    [() => scaleByMomentum({ momentum: -0.1 }), 'momentum', -0.1, share],
    [() => scaleByMuon({ momentum: 1 }), 'momentum', 1, share],
    [() => scaleByMuon({ momentum: -0.1 }), 'momentum', -0.1, share],
    [() => addDecayedWeights(-1), 'weightDecay', -1, '0 or more'],
    [() => clipByGlobalNorm(0), 'maxGradientNorm', 0, 'above 0'],
    [() => warmupCosine({ peak: 1 }), 'peak', 1, 'between 0 and 1'],
    [() => warmupCosine({ peak: 0 }), 'peak', 0, 'between 0 and 1'],
    [() => warmupCosine({ peak: 0.1, warmupSteps: -1 }), 'warmupSteps', -1, '0 or more'],
    [() => warmupCosine({ peak: 0.1, finalShare: 1.1 }), 'finalShare', 1.1, 'in [0, 1]'],
    [() => warmupStableDecay({ peak: 0.1, decayShare: 0 }), 'decayShare', 0, 'in (0, 1]'],
    [() => warmupStableDecay({ peak: 0.1, decayShare: 1.1 }), 'decayShare', 1.1, 'in (0, 1]'],
  ])('are refused with name, value and range: %s', (create, option, value, expected) => {
    try {
      create()
    } catch (error) {
      if (!TrainerError.isInstance(error)) throw error
      expect([error.code, error.details]).toEqual(['invalid-option', { option, value, expected }])
      return
    }
    throw new Error('it was not refused')
  })

  test('take the ends of their ranges', () => {
    scaleByAdam({ beta1: 0, beta2: 0 })
    scaleByLion({ beta1: 0, beta2: 0 })
    scaleByMomentum({ momentum: 0 })
    scaleByMuon({ momentum: 0 })
    expect(warmupStableDecay({ peak: 0.5, warmupSteps: 0, decayShare: 1 })({ step: 1, done: 0.5 })).toBe(0.25)
    expect(warmupCosine({ peak: 0.5, warmupSteps: 0, finalShare: 1 })({ step: 1, done: 0.5 })).toBe(0.5)
    expect(inverseSquareRoot({ peak: 0.5, warmupSteps: 0 })({ step: 1, done: 0 })).toBe(0.5)
  })
})

describe('scaleByMuon', () => {
  const momentum = 0.75

  test.each([
    [4, 2],
    [2, 4],
    [3, 3],
  ])(
    "is Nesterov's momentum, made orthogonal, times the root of rows by columns: %i x %i",
    (rows, columns) => {
      const weight = matrix(rows, columns)
      // After two equal gradients the sum is (1 + momentum) g, and one step ahead g + momentum * that.
      const ahead = tf.mul(weight, 1 + momentum * (1 + momentum)) as tf.Tensor2D
      const factor = Math.sqrt(Math.max(1, rows / columns))
      const expected = tf.mul(orthogonalize(ahead), factor).dataSync()
      // float32, and five rounds of products that enlarge its rounding.
      expect(secondUpdate(scaleByMuon({ momentum }), { weight }).weight).toBeNear(expected, {
        absolute: 1e-5,
      })
    },
  )

  test('takes maps that lie side by side one by one, each scaled by its outputs and inputs', () => {
    const maps = [matrix(3, 3), matrix(3, 2), matrix(3, 12)] as tf.Tensor2D[]
    const options = { layout: 'in-out' as const, maps: { 'qkv.weight': [3, 2, 12] } }
    const together = { 'layers.0.qkv.weight': tf.concat(maps, 1), other: matrix(3, 12) }
    const found = secondUpdate(scaleByMuon(options), together)
    const alone = maps.map(map => secondUpdate(scaleByMuon({ layout: 'in-out' }), { map }).map)
    const columns = [3, 2, 12]
    const expected = [0, 1, 2].flatMap(row =>
      alone.flatMap((values, i) => [...values!].slice(row * columns[i]!, (row + 1) * columns[i]!)),
    )
    expect(found['layers.0.qkv.weight']).toBeNear(expected, { absolute: 1e-6 })
    // Twelve outputs of three inputs: twice what is orthogonal.
    const plain = secondUpdate(scaleByMuon(), { map: maps[2]! }).map!
    expect([...alone[2]!]).toBeNear(
      [...plain].map(value => 2 * value),
      { absolute: 1e-5 },
    )
  })

  test('has a momentum of 0.95 by default', () => {
    const weight = matrix(2, 3)
    const gradients = { weight }
    expect(secondUpdate(scaleByMuon(), gradients)).toEqual(
      secondUpdate(scaleByMuon({ momentum: 0.95 }), gradients),
    )
    expect(scaleByMuon().scalars(1)).toEqual({})
  })

  test.each([
    ['vector', () => tf.tensor1d([1, 2]), 1],
    ['scalar', () => tf.scalar(1), 0],
    ['stack', () => tf.zeros([2, 2, 2]), 3],
  ] as const)('refuses a %s', (name, gradient, rank) => {
    try {
      secondUpdate(scaleByMuon(), { [name]: gradient() })
    } catch (error) {
      if (!TrainerError.isInstance(error)) throw error
      expect([error.code, error.details]).toEqual([
        'wrong-rank',
        { transform: 'scaleByMuon', parameter: name, rank, expected: 2 },
      ])
      return
    }
    throw new Error('it was not refused')
  })
})

test.each<[string, Optimizer]>([
  ['scaleByAdam', scaleByAdam({ beta1: 0.5, beta2: 0.25, epsilon: 0.125 })],
  ['scaleByLion', scaleByLion({ beta1: 0.5, beta2: 0.25 })],
  ['scaleByMomentum', scaleByMomentum({ momentum: 0.5, nesterov: true })],
  ['scaleByMuon', scaleByMuon({ momentum: 0.5 })],
  ['addDecayedWeights', addDecayedWeights(0.25)],
  ['addDecayedWeights', addDecayedWeights({ weightDecay: 0.25, cautious: true })],
  ['clipByGlobalNorm', clipByGlobalNorm(0.5)],
])('a worker thread finds the same %s by its source', async (name, optimizer) => {
  const source = optimizer.source as ModuleSource
  expect(source.export).toBe(name)
  const module = (await import(source.module)) as Record<string, (argument: unknown) => Optimizer>
  const found = module[source.export]?.(source.argument)
  const gradients = { weight: matrix(3, 2) }
  expect(found && secondUpdate(found, gradients)).toEqual(secondUpdate(optimizer, gradients))
})

test('a cautious decay shrinks only what the update shrinks, too', () => {
  const parameters = { weight: tf.tensor2d([[2, -2, 2, -2, 0, 2]]) }
  const updates = { weight: tf.tensor2d([[1, 1, -1, -1, 1, 0]]) }
  const context = { parameters, gradientNorm: tf.scalar(0), scalars: {} }
  const { weight } = addDecayedWeights({ weightDecay: 0.5, cautious: true }).update(
    updates,
    {},
    context,
  ).updates
  expect([...weight!.dataSync()]).toEqual([2, 1, -1, -2, 1, 0])
})

test('nothing is computed for a decay of 0 and an infinite norm', () => {
  const gradients = { weight: matrix(2, 2) }
  const context = { parameters: gradients, gradientNorm: tf.scalar(3), scalars: {} }
  for (const optimizer of [addDecayedWeights(0), clipByGlobalNorm(Number.POSITIVE_INFINITY)]) {
    expect(optimizer.update(gradients, {}, context).updates).toBe(gradients)
    expect(optimizer.scalars(1)).toEqual({})
  }
})
