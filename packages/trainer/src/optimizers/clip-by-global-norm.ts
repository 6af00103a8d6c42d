import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Option of every ready-made optimizer. */
export interface ClippingOptions {
  /** Largest global norm of the gradients. Default 1; `Number.POSITIVE_INFINITY` switches clipping off. */
  maxGradientNorm?: number
}

/** Scales all updates by `min(1, maxNorm / norm)`, norm being that of the raw gradients taken together. */
export function clipByGlobalNorm(maxNorm: number): Optimizer {
  checkOption('maxGradientNorm', maxNorm, maxNorm > 0, 'above 0')
  return {
    init: () => ({}),
    update(updates, _state, { gradientNorm }) {
      if (maxNorm === Number.POSITIVE_INFINITY) return { updates, state: {} }
      const scale = tf.minimum(1, tf.div(maxNorm, tf.add(gradientNorm, 1e-6)))
      return { updates: mapRecord(updates, update => tf.mul(update, scale)), state: {} }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'clipByGlobalNorm', argument: maxNorm },
  }
}
