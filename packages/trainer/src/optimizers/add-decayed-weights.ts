import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Options of {@link addDecayedWeights}. */
export interface DecayOptions {
  weightDecay: number
  /**
   * Only where the update makes a weight smaller, too: there decay does not work against what the gradients want
   * (Chen and others, Cautious Weight Decay, arXiv 2510.12402). Default false.
   */
  cautious?: boolean | undefined
}

/**
 * Decoupled weight decay (Loshchilov and Hutter, 2019): adds `weightDecay * parameter` to the update of matrices.
 * Biases and the gains of norms (rank below 2) are left alone.
 *
 * @param options a number is the weight decay
 */
export function addDecayedWeights(options: number | DecayOptions): Optimizer {
  const { weightDecay, cautious = false } = typeof options === 'number' ? { weightDecay: options } : options
  checkOption('weightDecay', weightDecay, weightDecay >= 0, '0 or more')
  return {
    init: () => ({}),
    update(updates, _state, { parameters }) {
      if (weightDecay === 0) return { updates, state: {} }
      const decayed = mapRecord(updates, (update, name) => {
        const parameter = parameters[name]!
        if (parameter.rank < 2) return update
        const decay = tf.mul(parameter, weightDecay)
        return tf.add(update, cautious ? tf.mul(decay, agreeing(update, parameter)) : decay)
      })
      return { updates: decayed, state: {} }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'addDecayedWeights', argument: options },
  }
}

/** 1 where both have one sign, else 0. */
function agreeing(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.cast(tf.greater(tf.mul(a, b), 0), 'float32')
}
