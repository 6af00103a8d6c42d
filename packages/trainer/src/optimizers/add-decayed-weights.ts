import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

/**
 * Decoupled weight decay (Loshchilov and Hutter, 2019): adds `weightDecay * parameter` to the update of matrices.
 * Biases and the gains of LayerNorm (rank below 2) are left alone.
 */
export function addDecayedWeights(weightDecay: number): Optimizer {
  checkOption('weightDecay', weightDecay, weightDecay >= 0, '0 or more')
  return {
    init: () => ({}),
    update(updates, _state, { parameters }) {
      if (weightDecay === 0) return { updates, state: {} }
      const decayed = mapRecord(updates, (update, name) => {
        const parameter = parameters[name]!
        return parameter.rank < 2 ? update : tf.add(update, tf.mul(parameter, weightDecay))
      })
      return { updates: decayed, state: {} }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'addDecayedWeights', argument: weightDecay },
  }
}
