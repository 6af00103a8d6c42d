import * as tf from '@tensorflow/tfjs-core'
import { forward, type GptModel } from '@tinystories/model'
import { type Prediction, readPredictions } from './predictions.ts'

/** What the model expected at a position, given the tokens before it. */
export interface Explanation {
  /** Of the token that is there. */
  probability: number
  /** The most probable tokens, most probable first. */
  alternatives: Prediction[]
}

/**
 * What the model expected at each position but the first, in one pass over the text. Of a text longer than the context
 * only the last part is explained.
 *
 * @param count alternatives at each position. Default 5
 * @returns one entry for each id; undefined where nothing is known
 */
export async function explainTokens(
  { config, parameters }: GptModel,
  ids: readonly number[],
  count = 5,
): Promise<(Explanation | undefined)[]> {
  const first = Math.max(0, ids.length - config.contextLength)
  const seen = ids.slice(first)
  if (seen.length < 2) return ids.map(() => undefined)
  const logits = tf.tidy(() => {
    const all = forward(config, parameters, tf.tensor2d(seen, [1, seen.length], 'int32'))
    // Nothing follows the last position.
    return tf.slice(tf.squeeze(all, [0]), [0, 0], [seen.length - 1, config.vocabSize]) as tf.Tensor2D
  })
  try {
    const alternatives = await readPredictions(() => logits, count)
    const own = tf.tidy(() => {
      const targets = tf.oneHot(tf.tensor1d(seen.slice(1), 'int32'), config.vocabSize)
      return tf.sum(tf.mul(tf.softmax(logits), targets), 1)
    })
    const probabilities = await own.data()
    own.dispose()
    return ids.map((_, i) => {
      const row = i - first - 1
      return row < 0 ? undefined : { probability: probabilities[row]!, alternatives: alternatives[row]! }
    })
  } finally {
    logits.dispose()
  }
}
