import * as tf from '@tensorflow/tfjs-core'
import { type CausalAttentionOptions, causalAttention } from '../ops/causal-attention.ts'

/** Attention of queries, keys and values that lie side by side, `[rows, 3 * heads * headSize]`. */
export function attendQkv(qkv: tf.Tensor, options: CausalAttentionOptions): tf.Tensor2D {
  const [q, k, v] = tf.split(qkv, 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
  return causalAttention({ q, k, v }, options)
}
