import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import type { TensorRecord } from '../types.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Options of {@link scaleByLion}. */
export interface LionOptions {
  /** Weight of the running mean in the direction. Default 0.9. */
  beta1?: number
  /** Decay of the running mean of the gradients. Default 0.99. */
  beta2?: number
}

/**
 * Lion's direction (Chen and others, 2023, algorithm 2): the sign of beta1 · m + (1 − beta1) · g, after which
 * m ← beta2 · m + (1 − beta2) · g. Every weight moves by the learning rate, so that is to be 3 to 10 times smaller
 * than Adam's.
 */
export function scaleByLion({ beta1 = 0.9, beta2 = 0.99 }: LionOptions = {}): Optimizer {
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    checkOption(name, value, value >= 0 && value < 1, 'in [0, 1)')
  }
  return {
    init: parameters => ({ firstMoment: mapRecord(parameters, p => tf.zerosLike(p)) }),
    update(updates, state) {
      const firstMoment: TensorRecord = {}
      const direction: TensorRecord = {}
      for (const [name, gradient] of Object.entries(updates)) {
        const before = state.firstMoment![name]!
        const mixed = tf.add(tf.mul(before, beta1), tf.mul(gradient, 1 - beta1))
        direction[name] = tf.sign(mixed)
        firstMoment[name] = tf.add(tf.mul(before, beta2), tf.mul(gradient, 1 - beta2))
      }
      return { updates: direction, state: { firstMoment } }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'scaleByLion', argument: { beta1, beta2 } },
  }
}
