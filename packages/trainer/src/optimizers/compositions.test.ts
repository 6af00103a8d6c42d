import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { TensorRecord } from '../types.ts'
import { averagedParameters, averageWeights } from './average-weights.ts'
import { chain } from './chain.ts'
import { legacySlotName } from './namespaced.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'
import { partition } from './partition.ts'
import { scaleByAdam } from './scale-by-adam.ts'
import { scaleByLearningRate } from './scale-by-learning-rate.ts'
import { scaleByMomentum } from './scale-by-momentum.ts'

beforeAll(() => useBackend('cpu'))

/** A composition of transforms. */
type Tree =
  | { kind: 'adam'; beta1: number; beta2: number }
  | { kind: 'momentum'; momentum: number }
  | { kind: 'average'; decay: number }
  | { kind: 'rate' }
  | { kind: 'chain'; parts: Tree[] }
  | { kind: 'partition'; chosen: string[]; first: Tree; second: Tree }

// Among them names that look like those of slots and parts.
const names = ['a', 'b', '1.firstMoment', 'first.0', 'average', 'second.1.firstMoment']
const share = fc.integer({ min: 0, max: 19 }).map(n => n / 20)
const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant('adam' as const), beta1: share, beta2: share }),
    fc.record({ kind: fc.constant('momentum' as const), momentum: share }),
    fc.record({ kind: fc.constant('average' as const), decay: share.map(n => (n + 0.01) / 1.1) }),
    fc.record({ kind: fc.constant('rate' as const) }),
    fc.record({ kind: fc.constant('chain' as const), parts: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('partition' as const),
      chosen: fc.subarray(names),
      first: tie('tree'),
      second: tie('tree'),
    }),
  ),
}))

function optimizerOf(tree: Tree): Optimizer {
  switch (tree.kind) {
    case 'adam':
      return scaleByAdam(tree)
    case 'momentum':
      return scaleByMomentum(tree)
    case 'average':
      return averageWeights(tree)
    case 'rate':
      return scaleByLearningRate()
    case 'chain':
      return chain(...tree.parts.map(optimizerOf))
    case 'partition':
      return partition(name => tree.chosen.includes(name), optimizerOf(tree.first), optimizerOf(tree.second))
  }
}

/** What a composition does to one number of one parameter: each part has variables of its own, in double precision. */
type Reference = (gradient: number, parameter: number, step: number, rate: number) => number

function referenceOf(tree: Tree, name: string): Reference {
  switch (tree.kind) {
    case 'adam': {
      let [m, v] = [0, 0]
      return (g, _, step) => {
        m = tree.beta1 * m + (1 - tree.beta1) * g
        v = tree.beta2 * v + (1 - tree.beta2) * g * g
        return m / (1 - tree.beta1 ** step) / (Math.sqrt(v / (1 - tree.beta2 ** step)) + 1e-8)
      }
    }
    case 'momentum': {
      let sum = 0
      return g => {
        sum = tree.momentum * sum + g
        return sum
      }
    }
    case 'average':
      return g => g
    case 'rate':
      return (g, _, __, rate) => g * rate
    case 'chain': {
      const parts = tree.parts.map(part => referenceOf(part, name))
      return (g, ...others) => parts.reduce((update, part) => part(update, ...others), g)
    }
    case 'partition':
      return referenceOf(tree.chosen.includes(name) ? tree.first : tree.second, name)
  }
}

function stepOf(
  optimizer: Optimizer,
  parameters: TensorRecord,
  state: OptimizerState,
  gradients: TensorRecord,
  step: number,
): { updates: TensorRecord; state: OptimizerState } {
  const numbers = { learningRate: 0.25, ...optimizer.scalars(step) }
  return optimizer.update(gradients, state, {
    parameters,
    gradientNorm: tf.scalar(1),
    scalars: Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)])),
  })
}

test('every part of a composition works as it does alone, however deep and however many are alike', () => {
  fc.assert(
    // Positive gradients: sums of both signs cancel, and the error of float32 would have no bound.
    fc.property(
      tree,
      fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: 24, maxLength: 24 }),
      (tree, values) => {
        tf.tidy(() => {
          const optimizer = optimizerOf(tree)
          const references = names.map(name => referenceOf(tree, name))
          const parameters = Object.fromEntries(names.map(name => [name, tf.scalar(0.5) as tf.Tensor]))
          let state = optimizer.init(parameters)
          for (let step = 1; step <= 4; step++) {
            const g = names.map((_, i) => values[(step - 1) * names.length + i]!)
            const gradients = Object.fromEntries(
              names.map((name, i) => [name, tf.scalar(g[i]!) as tf.Tensor]),
            )
            const result = stepOf(optimizer, parameters, state, gradients, step)
            // The same slots with the same parameters, so that an engine can keep them.
            const layout = (slots: OptimizerState): unknown =>
              Object.entries(slots).map(([slot, own]) => [slot, Object.keys(own)])
            expect(layout(result.state)).toEqual(layout(state))
            state = result.state
            expect(Object.keys(result.updates)).toEqual(names)
            names.forEach((name, i) => {
              const expected = references[i]!(g[i]!, 0.5, step, 0.25)
              // float32 has 6e-8; moments of moments multiply it.
              expect(result.updates[name]!.dataSync(), name).toBeNear([expected], { relative: 1e-5 })
            })
          }
        })
      },
    ),
    { numRuns: 200 },
  )
})

test('the halves of a partition keep their own bias correction', () => {
  const optimizer = partition(
    name => name === 'a',
    scaleByAdam({ beta1: 0.9, beta2: 0.95 }),
    scaleByAdam({ beta1: 0.5, beta2: 0.999 }),
  )
  const parameters = { a: tf.scalar(0), b: tf.scalar(0) }
  const gradients = { a: tf.scalar(0.5), b: tf.scalar(0.5) }
  const { updates } = stepOf(optimizer, parameters, optimizer.init(parameters), gradients, 1)
  // The first step of Adam is the sign of the gradient, whatever its decays. float32 in a quotient of two roots.
  for (const update of Object.values(updates)) expect(update.dataSync()).toBeNear([1], { relative: 1e-6 })
})

test('averages of a part are found, the rest of the parameters are themselves', () => {
  const slots = { '0.first.1.average': { a: 10 }, '1.average': { b: 20 }, '0.second.0.momentum': { c: 30 } }
  expect(averagedParameters({ a: 1, b: 2, c: 3 }, slots)).toEqual({ a: 10, b: 20, c: 3 })
  expect(averagedParameters({ a: 1 }, { '0.momentum': { a: 2 } })).toBeUndefined()
  expect(averagedParameters({ a: 1 }, { '0.average': { a: 2 }, '1.average': { a: 3 } })).toEqual({ a: 3 })
})

test.each([
  ['1.firstMoment', 'firstMoment'],
  ['1.first.0.momentum', 'first.momentum'],
  ['0.1.second.0.secondMoment', 'second.secondMoment'],
  ['1.average', 'average'],
])('the slot %s was %s before', (slot, before) => {
  expect(legacySlotName(slot)).toBe(before)
})
