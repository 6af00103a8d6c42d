import * as tf from '@tensorflow/tfjs-core'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** The slot in which {@link averageWeights} keeps the averages; trainer and engines look for it by this name. */
export const averageSlot = 'average'

/**
 * An exponential moving average of the weights, kept beside them: a ← d · a + (1 − d) · p. It changes no update. Put
 * it last: `chain(adamW(), averageWeights({ decay: 0.999 }))`; the trainer then evaluates and saves the averages.
 *
 * The decay of step t is min(decay, (1 + t) / (10 + t)), as TensorFlow's ExponentialMovingAverage has it, so that
 * the random initial weights are soon forgotten.
 */
export function averageWeights({ decay = 0.999 }: { decay?: number } = {}): Optimizer {
  if (!(decay > 0 && decay < 1)) throw new RangeError(`averageWeights: decay must be in (0, 1), not ${decay}`)
  return {
    init: parameters => ({ [averageSlot]: mapRecord(parameters, p => tf.clone(p)) }),
    update(updates, state, { parameters, scalars }) {
      const share = scalars.averageShare!
      const average = mapRecord(updates, (update, name) => {
        const before = state[averageSlot]![name]!
        const after = tf.sub(parameters[name]!, update)
        return tf.add(before, tf.mul(tf.sub(after, before), share))
      })
      return { updates, state: { [averageSlot]: average } }
    },
    // What is added of the new weights, 1 − d: the difference is taken in double precision.
    scalars: step => ({ averageShare: 1 - Math.min(decay, (1 + step) / (10 + step)) }),
    source: { module: import.meta.url, export: 'averageWeights', argument: { decay } },
  }
}
