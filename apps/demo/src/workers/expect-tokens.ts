import * as tf from '@tensorflow/tfjs-core'
import { forward, type GptModel } from '@tinystories/model'

/**
 * How a model expected some tokens at each place of a text from `from` on, and after its end, in one pass. Of a text longer
 * than the context only its last part is known; what comes before gets -Infinity.
 *
 * @param from at least 1: nothing is expected of the first token
 * @returns natural-log probabilities `[ids.length - from + 1, targets.length]`, row-major
 */
export async function expectTokens(
  { config, parameters }: GptModel,
  ids: readonly number[],
  from: number,
  targets: readonly number[],
): Promise<Float32Array> {
  const first = Math.max(0, ids.length - config.contextLength)
  const seen = ids.slice(first)
  // The logits that tell of a place are those of the token before it.
  const row = Math.max(0, from - 1 - first)
  const known = tf.tidy(() => {
    const logits = forward(config, parameters, tf.tensor2d(seen, [1, seen.length], 'int32'))
    const rows = tf.slice(
      tf.squeeze(logits, [0]),
      [row, 0],
      [seen.length - row, config.vocabSize],
    ) as tf.Tensor2D
    return tf.gather(tf.logSoftmax(rows), tf.tensor1d(targets as number[], 'int32'), 1)
  })
  const values = (await known.data()) as Float32Array
  known.dispose()
  const all = new Float32Array((ids.length - from + 1) * targets.length).fill(Number.NEGATIVE_INFINITY)
  all.set(values, all.length - values.length)
  return all
}

/**
 * How a model expected the last tokens of some texts, in one pass.
 *
 * @param texts each longer than `count` and at most as long as the context
 * @returns of each text the natural-log probability of its last `count` tokens together
 */
export async function rateEndings(
  { config, parameters }: GptModel,
  texts: readonly (readonly number[])[],
  count: number,
): Promise<Float32Array> {
  const length = Math.max(...texts.map(text => text.length))
  // What stands after a text changes nothing in it.
  const padded = texts.flatMap(text => [...text, ...new Array<number>(length - text.length).fill(0)])
  const rows = texts.flatMap((text, i) =>
    Array.from({ length: count }, (_, j) => i * length + text.length - count - 1 + j),
  )
  const rated = tf.tidy(() => {
    const logits = forward(config, parameters, tf.tensor2d(padded, [texts.length, length], 'int32'))
    const flat = tf.reshape(logits, [texts.length * length, config.vocabSize])
    const expected = tf.logSoftmax(tf.gather(flat, tf.tensor1d(rows, 'int32')))
    const endings = texts.flatMap(text => text.slice(-count))
    const own = tf.sum(tf.mul(expected, tf.oneHot(tf.tensor1d(endings, 'int32'), config.vocabSize)), 1)
    return tf.sum(tf.reshape(own, [texts.length, count]), 1)
  })
  const values = (await rated.data()) as Float32Array
  rated.dispose()
  return values
}
