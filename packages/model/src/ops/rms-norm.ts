import * as tf from '@tensorflow/tfjs-core'
import { normalRows, normalRowsGradient } from './folded-norm.ts'
import { withGradient } from './with-gradient.ts'

/**
 * RMSNorm over the last axis: `x / sqrt(mean(x^2) + epsilon) * scale` (Zhang and Sennrich, arXiv 1910.07467).
 *
 * @param x `[rows, width]`
 * @param scale `[width]`
 */
export function rmsNorm(x: tf.Tensor2D, scale: tf.Tensor, epsilon: number): tf.Tensor2D {
  return withGradient([x, scale], save => {
    const { normal, inverseDeviation } = normalRows(x, epsilon, false)
    save([normal, inverseDeviation, scale])
    return {
      value: tf.mul(normal, scale),
      gradients(dy, saved) {
        const [normal, inverseDeviation, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
        return [
          normalRowsGradient(tf.mul(dy, scale), normal, inverseDeviation),
          tf.sum(tf.mul(dy, normal), 0),
        ]
      },
    }
  })
}
