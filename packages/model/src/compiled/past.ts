import * as tf from '@tensorflow/tfjs-core'
import type { GptConfig } from '../config.ts'
import type { CacheLayout, FixedCache } from './decode-graph.ts'

/** What the texts have been read to, layer by layer; it grows with each token. */
export interface Past {
  /**
   * Attention of one new token of each text to the past and to itself.
   *
   * @param qkv its queries, keys and values side by side: `[rows, 3 * hiddenSize]`
   * @param mask added to the scores: `[rows, 1, 1, tokens]`
   * @returns the heads' merged reading `[rows, hiddenSize]`
   */
  attend(layer: number, qkv: tf.Tensor2D, mask: tf.Tensor): tf.Tensor2D
  /** Keys and values with those of the tokens read at their end. */
  grown(): FixedCache
}

/** The past of a few texts. Attention is the compiler's kernel `CachedAttention`. */
export function pastOfFew({ heads, hiddenSize }: GptConfig, cache: FixedCache, { rows }: CacheLayout): Past {
  const grown = { ...cache }
  return {
    attend(layer, qkv, mask) {
      // For one text all three are one reshape.
      const parts = rows === 1 ? tf.split(tf.reshape(qkv, [3, 1, hiddenSize]), 3, 0) : tf.split(qkv, 3, 1)
      const [query, key, value] = parts.map(part => tf.reshape(part, [rows, 1, hiddenSize]))
      const [pastKeys, pastValues] = [grown[`keys.${layer}`]!, grown[`values.${layer}`]!]
      const inputs = { query: query!, key: key!, value: value!, pastKeys, pastValues, mask }
      const [read, keys, values]: tf.Tensor[] = tf.engine().runKernel('CachedAttention', inputs, { heads })
      grown[`keys.${layer}`] = keys as tf.Tensor4D
      grown[`values.${layer}`] = values as tf.Tensor4D
      return tf.reshape(read!, [rows, hiddenSize])
    },
    grown: () => grown,
  }
}

/**
 * The past of a batch. What was in the cache before is only read; what is new lies beside it,
 * `[rows, heads, tokens, headSize]`, until the graph's last token.
 */
export function pastOfBatch(
  { heads, hiddenSize }: GptConfig,
  cache: FixedCache,
  { rows, capacity }: CacheLayout,
): Past {
  const fresh: FixedCache = {}
  const columns: Record<string, tf.Tensor[]> = {}
  const append = (name: string, x: tf.Tensor): tf.Tensor4D => {
    fresh[name] = (fresh[name] ? tf.concat([fresh[name], x], 2) : x) as tf.Tensor4D
    // The same numbers upright: joining them in the end is several times faster than a transposition.
    columns[name] = [...(columns[name] ?? []), tf.reshape(x, [rows, heads, hiddenSize / heads, 1])]
    return fresh[name]
  }
  return {
    attend(layer, qkv, mask) {
      const [query, key, value] = tf
        .split(qkv, 3, 1)
        .map(part => tf.reshape(part, [rows, heads, 1, hiddenSize / heads]))
      const freshKeys = append(`keys.${layer}`, key!)
      const freshValues = append(`values.${layer}`, value!)
      const scores = tf.concat(
        [tf.matMul(query!, cache[`keys.${layer}`]!), tf.matMul(query!, freshKeys, false, true)],
        3,
      )
      const pattern = tf.softmax(tf.add(scores, mask))
      const [before, since] = tf.split(pattern, [capacity, freshKeys.shape[2]], 3)
      const read = tf.add(
        tf.matMul(before!, cache[`values.${layer}`]!, false, true),
        tf.matMul(since!, freshValues),
      )
      return tf.reshape(read, [rows, hiddenSize])
    },
    grown: () =>
      Object.fromEntries(
        Object.entries(cache).map(([name, x]) => [name, tf.concat([x, ...columns[name]!], 3) as tf.Tensor4D]),
      ),
  }
}
