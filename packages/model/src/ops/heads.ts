import * as tf from '@tensorflow/tfjs-core'
import { type GptConfig, sizesOf } from '../config.ts'
import { mixesValues, type Parameters } from '../parameters.ts'
import type { AttentionInputs } from './causal-attention.ts'
import { rmsNorm } from './rms-norm.ts'
import { type Angles, rotate } from './rotary.ts'
import { withGradient } from './with-gradient.ts'

/** What the layers share, row by row. */
export interface SharedInputs {
  /** By which queries and keys turn. */
  angles: Angles | undefined
  /** `[rows, keyValueSize]`: mixed into the values of each layer; of `residual` the first layer gives it. */
  values: tf.Tensor2D | undefined
}

/**
 * Queries, keys and values of a layer as attention takes them, keys and values of `keyValueHeads` heads: queries and keys
 * normed and turned, something mixed into the values, as far as the configuration says so.
 *
 * @param qkv `[rows, qkvSize]`
 */
export function splitHeads(
  config: GptConfig,
  parameters: Parameters,
  layer: number,
  qkv: tf.Tensor2D,
  { angles, values }: SharedInputs,
): AttentionInputs {
  const { headSize, keyValueSize } = sizesOf(config)
  const scale = (name: string): tf.Tensor => parameters[`layers.${layer}.attention.${name}.scale`]!
  const [q, k, v] = tf.split(qkv, [config.hiddenSize, keyValueSize, keyValueSize], 1) as tf.Tensor2D[]
  const placed = (x: tf.Tensor2D, norm: string): tf.Tensor2D => {
    const normed = config.queryKeyNorm ? normHeads(x, scale(norm), config.layerNormEpsilon) : x
    return angles ? rotate(normed, angles, headSize) : normed
  }
  return {
    q: placed(q!, 'queryNorm'),
    k: placed(k!, 'keyNorm'),
    v: mixesValues(config, layer) ? mix(v!, values!, scale('valueMix')) : v!,
  }
}

/** Keys or values with each head repeated for the queries that read it: `[rows, heads * headSize]`. */
export function repeatHeads(x: tf.Tensor2D, headSize: number, times: number): tf.Tensor2D {
  if (times === 1) return x
  const [rows, width] = x.shape
  return withGradient([x], () => ({
    value: tf.reshape(tf.tile(tf.reshape(x, [rows, width / headSize, 1, headSize]), [1, 1, times, 1]), [
      rows,
      width * times,
    ]),
    gradients: dy => [
      tf.reshape(tf.sum(tf.reshape(dy, [rows, width / headSize, times, headSize]), 2), [rows, width]),
    ],
  }))
}

function normHeads(x: tf.Tensor2D, scale: tf.Tensor, epsilon: number): tf.Tensor2D {
  return tf.reshape(rmsNorm(tf.reshape(x, [-1, scale.size]) as tf.Tensor2D, scale, epsilon), x.shape)
}

/** `shares[0] * own + shares[1] * shared`. */
function mix(own: tf.Tensor2D, shared: tf.Tensor2D, shares: tf.Tensor): tf.Tensor2D {
  return withGradient([own, shared, shares], save => {
    const [a, b] = tf.unstack(shares) as [tf.Scalar, tf.Scalar]
    save([own, shared, a, b])
    return {
      value: tf.add(tf.mul(own, a), tf.mul(shared, b)),
      gradients: (dy, [own, shared, a, b]) => [
        tf.mul(dy, a!),
        tf.mul(dy, b!),
        tf.stack([tf.sum(tf.mul(dy, own!)), tf.sum(tf.mul(dy, shared!))]),
      ],
    }
  })
}
