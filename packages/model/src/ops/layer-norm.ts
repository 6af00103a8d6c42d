import * as tf from '@tensorflow/tfjs-core'
import { withGradient } from './with-gradient.ts'

/**
 * LayerNorm over the last axis: `(x - mean) / sqrt(variance + epsilon) * scale + bias`
 * (Ba, Kiros and Hinton, arXiv 1607.06450). Its gradient is written by hand: a third of the operations that
 * automatic differentiation would record.
 *
 * @param x `[rows, width]`
 * @param scale `[width]`
 * @param bias `[width]`
 */
export function layerNorm(x: tf.Tensor2D, scale: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor2D {
  return withGradient([x, scale, bias], save => {
    const centered = tf.sub(x, tf.mean(x, -1, true))
    const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon))
    const normal = tf.mul(centered, inverseDeviation)
    save([normal, inverseDeviation, scale])
    return {
      value: tf.add(tf.mul(normal, scale), bias),
      gradients(dy, saved) {
        const [normal, inverseDeviation, scale] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
        const dNormal = tf.mul(dy, scale)
        const alongNormal = tf.mul(normal, tf.mean(tf.mul(dNormal, normal), -1, true))
        const across = tf.sub(tf.sub(dNormal, tf.mean(dNormal, -1, true)), alongNormal)
        return [tf.mul(across, inverseDeviation), tf.sum(tf.mul(dy, normal), 0), tf.sum(dy, 0)]
      },
    }
  })
}
