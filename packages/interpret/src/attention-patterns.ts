import * as tf from '@tensorflow/tfjs-core'
import type { GptModel } from '@tinystories/model'
import { inspect } from './inspect.ts'

/** A head by its layer and its index in it, both from 0. */
export interface HeadId {
  layer: number
  head: number
}

/** Attention of one head on one text. */
export interface AttentionPattern extends HeadId {
  /** `[T, T]`, row-major: the weight that each token (row) gives to each token up to itself. Rows sum to 1. */
  weights: Float32Array
}

/**
 * The attention patterns of all heads on a text, layer by layer.
 *
 * @param ids at most as many as the context
 * @throws ConfigError `sequence-too-long`
 */
export async function attentionPatterns(
  { config, parameters }: GptModel,
  ids: ArrayLike<number>,
): Promise<AttentionPattern[]> {
  const { length } = ids
  const kept = tf.tidy(() => {
    const input = tf.tensor2d(Int32Array.from(ids), [1, length], 'int32')
    const keep = (name: string): boolean => name.endsWith('attention.pattern')
    return inspect(config, parameters, input, { keep }).activations
  })
  try {
    const patterns: AttentionPattern[] = []
    for (let layer = 0; layer < config.layers; layer++) {
      const values = (await kept[`layers.${layer}.attention.pattern`]!.data()) as Float32Array
      for (let head = 0; head < config.heads; head++) {
        patterns.push({ layer, head, weights: values.slice(head * length ** 2, (head + 1) * length ** 2) })
      }
    }
    return patterns
  } finally {
    tf.dispose(kept)
  }
}
