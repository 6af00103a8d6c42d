import * as tf from '@tensorflow/tfjs-core'
import { attentionOf, type GptConfig } from '../config.ts'
import { block, readHead } from '../model.ts'
import type { Parameters } from '../parameters.ts'

/** What earlier tokens left for later ones: keys and values of each layer, `[rows, heads, past, headSize]`. */
export type KeyValueCache = {
  keys: tf.Tensor4D[]
  values: tf.Tensor4D[]
}

/** What {@link decode} reads. */
export interface DecodeInputs {
  /** int32 `[rows, S]`: the next tokens of each row. Rows of unlike length are padded on the left. */
  ids: tf.Tensor2D
  /** int32 `[rows, S]`: their positions; anything in range for padding. */
  positions: tf.Tensor2D
  /** float32 `[rows, past + S]`: 0 for tokens, -1e9 for padding. Left out when nothing is padded. */
  padding?: tf.Tensor2D
  /** Left out at the beginning. */
  cache?: KeyValueCache
}

/**
 * Reads `S` more tokens of each row and gives the logits after the last one. Pure, like the functions of
 * `model.ts`: the cache given is not changed, a longer one is returned.
 *
 * @returns `logits` `[rows, vocabSize]` and the cache of `past + S` tokens
 */
export function decode(
  config: GptConfig,
  parameters: Parameters,
  { ids, positions, padding, cache }: DecodeInputs,
): { logits: tf.Tensor2D; cache: KeyValueCache } {
  const [rows, length] = ids.shape
  const { heads, hiddenSize } = config
  const headSize = hiddenSize / heads
  const grown: KeyValueCache = { keys: [], values: [] }
  const flat = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [rows * length])
  let x = tf.add(
    tf.gather(parameters['embedding.token']!, flat(ids)),
    tf.gather(parameters['embedding.position']!, flat(positions)),
  ) as tf.Tensor2D
  for (let layer = 0; layer < config.layers; layer++) {
    const { scale, window } = attentionOf(config, layer)
    x = block(config, parameters, layer, x, qkv => {
      const parts = tf.transpose(tf.reshape(qkv, [rows, length, 3, heads, headSize]), [2, 0, 3, 1, 4])
      const [q, newKeys, newValues] = tf.unstack(parts) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
      const keys = cache ? tf.concat([cache.keys[layer]!, newKeys], 2) : newKeys
      const values = cache ? tf.concat([cache.values[layer]!, newValues], 2) : newValues
      grown.keys.push(keys)
      grown.values.push(values)
      let scores: tf.Tensor = tf.mul(tf.matMul(q, keys, false, true), scale)
      const mask = causalMask(length, keys.shape[2], window)
      if (mask) scores = tf.add(scores, mask)
      if (padding) scores = tf.add(scores, tf.reshape(padding, [rows, 1, 1, keys.shape[2]]))
      const read = tf.matMul(tf.softmax(scores), values)
      return tf.reshape(tf.transpose(read, [0, 2, 1, 3]), [rows * length, hiddenSize])
    })
  }
  const last = tf.reshape(
    tf.slice(tf.reshape(x, [rows, length, hiddenSize]), [0, length - 1, 0], [rows, 1, hiddenSize]),
    [rows, hiddenSize],
  ) as tf.Tensor2D
  return { logits: readHead(config, parameters, last), cache: grown }
}

/** For the last `queries` of `keys` tokens: 0 where one may look, -1e9 elsewhere; null when all may look. */
function causalMask(queries: number, keys: number, window: number): tf.Tensor2D | null {
  if (queries === 1 && keys <= window) return null
  const past = keys - queries
  const mask = new Float32Array(queries * keys)
  for (let query = 0; query < queries; query++) {
    for (let key = 0; key < keys; key++) {
      const distance = past + query - key
      if (distance < 0 || distance >= window) mask[query * keys + key] = -1e9
    }
  }
  return tf.tensor2d(mask, [queries, keys])
}
