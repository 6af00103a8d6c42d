import * as tf from '@tensorflow/tfjs-core'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Scales all updates by `min(1, maxNorm / norm)`, norm being that of the raw gradients taken together. */
export function clipByGlobalNorm(maxNorm: number): Optimizer {
  if (!(maxNorm > 0)) throw new RangeError(`clipByGlobalNorm: maxNorm must be above 0, not ${maxNorm}`)
  return {
    init: () => ({}),
    update(updates, _state, { gradientNorm }) {
      const scale = tf.minimum(1, tf.div(maxNorm, tf.add(gradientNorm, 1e-6)))
      return { updates: mapRecord(updates, update => tf.mul(update, scale)), state: {} }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'clipByGlobalNorm', argument: maxNorm },
  }
}
