import * as tf from '@tensorflow/tfjs-core'
import type { AttentionInputs, CausalAttentionOptions } from './causal-attention.ts'

/**
 * Sees what the model computes, by name, and may put something of the same shape in its place: `undefined` leaves it
 * as it is. `inspect` of `@tinystories/interpret` lists the names.
 */
export type Hook = (name: string, value: tf.Tensor) => tf.Tensor | undefined

/**
 * The same attention as `causalAttention`, computed plainly so that it can be looked at: the hook sees, and may change,
 * `NAME.attention.queries` and `NAME.attention.keys` `[B, heads, T, headSize]` (the queries times `scale`),
 * `NAME.attention.pattern` `[B, heads, T, T]` (what each query, in rows, takes from each key) and
 * `NAME.attention.heads` `[B, T, heads, headSize]`.
 */
export function visibleAttention(
  inputs: AttentionInputs,
  { batch, heads, scale, window }: Omit<CausalAttentionOptions, 'blockSize'>,
  name: string,
  hook: Hook,
): tf.Tensor2D {
  const length = inputs.q.shape[0] / batch
  const headSize = inputs.q.shape[1] / heads
  const [q, k, v] = [inputs.q, inputs.k, inputs.v].map(x =>
    tf.transpose(tf.reshape(x, [batch, length, heads, headSize]), [0, 2, 1, 3]),
  ) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
  const show = (part: string, x: tf.Tensor): tf.Tensor => hook(`${name}.attention.${part}`, x) ?? x
  const queries = show('queries', tf.mul(q, scale))
  const keys = show('keys', k)
  const scores = tf.add(tf.matMul(queries, keys, false, true), mask(length, window))
  const pattern = show('pattern', tf.softmax(scores))
  const read = show('heads', tf.transpose(tf.matMul(pattern, v), [0, 2, 1, 3]))
  return tf.reshape(read, [batch * length, heads * headSize])
}

function mask(length: number, window: number): tf.Tensor2D {
  const values = Float32Array.from({ length: length * length }, (_, i) => {
    const distance = Math.floor(i / length) - (i % length)
    return distance < 0 || distance >= window ? -1e9 : 0
  })
  return tf.tensor2d(values, [length, length])
}
