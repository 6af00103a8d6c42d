import * as tf from '@tensorflow/tfjs-core'
import type { ActivationKind } from '../config.ts'
import { gated, gatedGradient, gelu } from './gelu.ts'

/** What stands between the two linear maps of an MLP. */
export interface Activation {
  /** Columns of `up` that make one neuron: SwiGLU's gate and up lie side by side, all gates first. */
  readonly inputs: 1 | 2
  /** The neurons, of `inputs` tensors `[rows, neurons]`. tfjs can differentiate it. */
  apply(x: readonly tf.Tensor2D[]): tf.Tensor2D
  /** The neurons in a function that is compiled and writes its own backward pass. */
  compiled(x: readonly tf.Tensor2D[]): tf.Tensor2D
  /** The gradients of the inputs. `value` is what the inputs gave; without one it is computed again. */
  gradients(
    dValue: tf.Tensor2D,
    x: readonly tf.Tensor2D[],
    value: tf.Tensor2D | undefined,
  ): { dx: tf.Tensor2D[]; value: tf.Tensor2D }
}

/** Sources at `GptConfig.activation`. */
export const activations: Record<ActivationKind, Activation> = {
  gelu: {
    inputs: 1,
    apply: ([x]) => gelu(x!),
    compiled: ([x]) => tf.engine().runKernel('FastGelu', { x: x! }) as tf.Tensor2D,
    gradients(dValue, [x], value) {
      const { slope, gate, value: computed } = gated(x!)
      const neurons = value ?? computed
      return { dx: [gatedGradient(dValue, slope, gate, neurons) as tf.Tensor2D], value: neurons }
    },
  },
  relu2: {
    inputs: 1,
    apply: ([x]) => tf.square(tf.relu(x!)),
    compiled: ([x]) => tf.square(tf.relu(x!)),
    gradients(dValue, [x], value) {
      const positive = tf.relu(x!)
      return { dx: [tf.mul(dValue, tf.mul(positive, 2))], value: value ?? tf.square(positive) }
    },
  },
  swiglu: {
    inputs: 2,
    apply: ([gate, up]) => tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), up!),
    compiled: ([gate, up]) => tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), up!),
    gradients(dValue, [gate, up], value) {
      const share = tf.sigmoid(gate!)
      const silu: tf.Tensor2D = tf.mul(gate!, share)
      // d(silu)/dx = s + silu (1 - s), s the sigmoid.
      const slope = tf.add(share, tf.mul(silu, tf.sub(1, share)))
      const dx = [tf.mul(tf.mul(dValue, up!), slope), tf.mul(dValue, silu)] as tf.Tensor2D[]
      return { dx, value: value ?? tf.mul(silu, up!) }
    },
  },
}
