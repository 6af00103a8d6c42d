import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import type { TensorRecord } from '../types.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Options of {@link scaleByAdam}. */
export interface AdamOptions {
  /** Decay of the mean of the gradients. Default 0.9. */
  beta1?: number
  /** Decay of the mean of their squares. Default 0.95, as language models use. */
  beta2?: number
  /** Added to the root of the second moment. Default 1e-8. */
  epsilon?: number
}

/** Adam's direction, m̂ / (√v̂ + ε), with bias correction (Kingma and Ba, 2015, algorithm 1). */
export function scaleByAdam({ beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8 }: AdamOptions = {}): Optimizer {
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    checkOption(name, value, value >= 0 && value < 1, 'in [0, 1)')
  }
  checkOption('epsilon', epsilon, epsilon > 0, 'above 0')
  return {
    init: parameters => ({
      firstMoment: mapRecord(parameters, p => tf.zerosLike(p)),
      secondMoment: mapRecord(parameters, p => tf.zerosLike(p)),
    }),
    update(updates, state, { scalars }) {
      const firstMoment: TensorRecord = {}
      const secondMoment: TensorRecord = {}
      const direction: TensorRecord = {}
      // m̂ / (√v̂ + ε) with the corrections moved out of the root, which saves a pass over the moments.
      const correction = tf.rsqrt(scalars.inverseBiasCorrection2!)
      const smallest = tf.mul(correction, epsilon)
      const factor = tf.mul(correction, scalars.inverseBiasCorrection1!)
      for (const [name, gradient] of Object.entries(updates)) {
        const m = tf.add(tf.mul(state.firstMoment![name]!, beta1), tf.mul(gradient, 1 - beta1))
        const v = tf.add(tf.mul(state.secondMoment![name]!, beta2), tf.mul(tf.square(gradient), 1 - beta2))
        direction[name] = tf.mul(tf.div(m, tf.add(tf.sqrt(v), smallest)), factor)
        firstMoment[name] = m
        secondMoment[name] = v
      }
      return { updates: direction, state: { firstMoment, secondMoment } }
    },
    scalars: step => ({
      inverseBiasCorrection1: 1 / (1 - beta1 ** step),
      inverseBiasCorrection2: 1 / (1 - beta2 ** step),
    }),
    source: { module: import.meta.url, export: 'scaleByAdam', argument: { beta1, beta2, epsilon } },
  }
}
