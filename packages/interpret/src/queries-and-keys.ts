import * as tf from '@tensorflow/tfjs-core'
import type { GptModel } from '@tinystories/model'
import type { HeadId } from './attention-patterns.ts'
import { inspect } from './inspect.ts'

/** What one head asks and offers on a text. */
export interface QueriesAndKeys extends HeadId {
  headSize: number
  /** `[T, headSize]`, row-major: what each token looks for, scaled as the model does. */
  queries: Float32Array
  /** `[T, headSize]`, row-major: what each token offers. The score of two tokens is the product of query and key. */
  keys: Float32Array
}

/**
 * The queries and keys of one head on a text. Where the model turns them by position (rotary), they are turned already;
 * where several heads share their keys, the shared ones are given.
 *
 * @param ids at most as many as the context
 * @throws ConfigError `sequence-too-long`
 */
export async function queriesAndKeys(
  { config, parameters }: GptModel,
  ids: ArrayLike<number>,
  { layer, head }: HeadId,
): Promise<QueriesAndKeys> {
  const names = ['queries', 'keys'].map(part => `layers.${layer}.attention.${part}`)
  const kept = tf.tidy(() => {
    const input = tf.tensor2d(Int32Array.from(ids), [1, ids.length], 'int32')
    const { activations } = inspect(config, parameters, input, { keep: name => names.includes(name) })
    return names.map(name => tf.gather(tf.squeeze(activations[name]!, [0]), head, 0))
  })
  try {
    const [queries, keys] = (await Promise.all(kept.map(x => x.data()))) as [Float32Array, Float32Array]
    return { layer, head, headSize: kept[0]!.shape[1]!, queries, keys }
  } finally {
    tf.dispose(kept)
  }
}
