import * as tf from '@tensorflow/tfjs-core'
import { withGradient } from './with-gradient.ts'

// 0.5 (1 + tanh z) = sigmoid(2z), so x/2 (1 + tanh(k (x + 0.044715 x^3))) = x sigmoid(x (LINEAR + CUBIC x^2)).
const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715 * LINEAR

/**
 * GELU in its tanh form (Hendrycks and Gimpel, arXiv 1606.08415), as GPT-2 and GPT-Neo use it (`gelu_new`).
 * It is computed through a sigmoid: the same function with fewer passes over the widest tensor of a block.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  return withGradient([x], save => {
    const { slope, gate, value } = gated(x)
    save([slope, gate, value])
    return {
      value,
      gradients: (dy, [slope, gate, value]) => [gatedGradient(dy, slope!, gate!, value!)],
    }
  })
}

/** GELU's value, and what its gradient takes. */
export function gated<T extends tf.Tensor>(x: T): { slope: tf.Tensor; gate: tf.Tensor; value: T } {
  const slope = tf.add(tf.mul(tf.square(x), CUBIC), LINEAR)
  const gate = tf.sigmoid(tf.mul(x, slope))
  return { slope, gate, value: tf.mul(x, gate) }
}

export function gatedGradient(dy: tf.Tensor, slope: tf.Tensor, gate: tf.Tensor, value: tf.Tensor): tf.Tensor {
  // d(gate)/dx = gate (1 - gate) (LINEAR + 3 CUBIC x^2), and LINEAR + 3 CUBIC x^2 = 3 slope - 2 LINEAR.
  const steepness = tf.sub(tf.mul(slope, 3), 2 * LINEAR)
  const throughGate = tf.mul(tf.mul(value, tf.sub(1, gate)), steepness)
  return tf.mul(dy, tf.add(gate, throughGate))
}
