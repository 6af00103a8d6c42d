import * as tf from '@tensorflow/tfjs-core'
import { attentionOf, type GptConfig, sizesOf } from '../config.ts'
import { addBigrams, block, readHead, sharedValues } from '../model.ts'
import { rowsOf } from '../ops/embedding.ts'
import { splitHeads } from '../ops/heads.ts'
import { type Angles, anglesOf } from '../ops/rotary.ts'
import type { Parameters } from '../parameters.ts'

/** What earlier tokens left for later ones: keys and values of each layer, `[rows, keyValueHeads, past, headSize]`. */
export type KeyValueCache = {
  keys: tf.Tensor4D[]
  values: tf.Tensor4D[]
  /** int32 `[rows, 1]`: the last token, where the model has bigrams. */
  last?: tf.Tensor2D
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
  const { headSize, keyValueHeads } = sizesOf(config)
  const grown: KeyValueCache = { keys: [], values: [] }
  const angles = anglesAt(config, positions)
  let values = sharedValues(config, parameters, ids)
  const perHead = (x: tf.Tensor2D, heads: number): tf.Tensor4D =>
    tf.transpose(tf.reshape(x, [rows, length, heads, headSize]), [0, 2, 1, 3])
  const grow = (past: tf.Tensor4D | undefined, x: tf.Tensor2D): tf.Tensor4D => {
    const added = perHead(x, keyValueHeads)
    return past ? tf.concat([past, added], 2) : added
  }
  // Which head of the keys and values each query reads.
  const read = Int32Array.from({ length: heads }, (_, head) => Math.floor((head * keyValueHeads) / heads))
  const repeated = (x: tf.Tensor4D): tf.Tensor4D =>
    keyValueHeads === heads ? x : tf.gather(x, tf.tensor1d(read, 'int32'), 1)
  let x = rowsOf(parameters['embedding.token']!, ids)
  const table = parameters['embedding.position']
  if (table) x = tf.add(x, rowsOf(table, positions))
  x = addBigrams(config, parameters, x, ids, () => {
    const shifted = tf.concat([cache?.last ?? tf.zeros([rows, 1], 'int32'), ids], 1)
    const before = tf.slice(shifted, [0, 0], [rows, length])
    return tf.where(tf.equal(positions, 0), tf.fill([rows, length], config.vocabSize, 'int32'), before)
  })
  if (config.bigramRows !== undefined) grown.last = tf.slice(ids, [0, length - 1], [rows, 1])
  for (let layer = 0; layer < config.layers; layer++) {
    const { scale, window } = attentionOf(config, layer)
    x = block(config, parameters, layer, x, qkv => {
      const { q, k, v } = splitHeads(config, parameters, layer, qkv, { angles, values })
      values ??= v
      const keys = grow(cache?.keys[layer], k)
      const seen = grow(cache?.values[layer], v)
      grown.keys.push(keys)
      grown.values.push(seen)
      let scores: tf.Tensor = tf.mul(tf.matMul(perHead(q, heads), repeated(keys), false, true), scale)
      const mask = causalMask(length, keys.shape[2], window)
      if (mask) scores = tf.add(scores, mask)
      if (padding) scores = tf.add(scores, tf.reshape(padding, [rows, 1, 1, keys.shape[2]]))
      const heard = tf.matMul(tf.softmax(scores), repeated(seen))
      return tf.reshape(tf.transpose(heard, [0, 2, 1, 3]), [rows * length, hiddenSize])
    })
  }
  const last = tf.reshape(
    tf.slice(tf.reshape(x, [rows, length, hiddenSize]), [0, length - 1, 0], [rows, 1, hiddenSize]),
    [rows, hiddenSize],
  ) as tf.Tensor2D
  return { logits: readHead(config, parameters, last), cache: grown }
}

/** The angles of each row at its position. */
function anglesAt(config: GptConfig, positions: tf.Tensor2D): Angles | undefined {
  const all = anglesOf(config, config.contextLength)
  return all && { cos: rowsOf(all.cos, positions), sin: rowsOf(all.sin, positions) }
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
