import * as tf from '@tensorflow/tfjs-core'
import { withGradient } from './with-gradient.ts'

/**
 * Token embedding plus position embedding: row `b * T + t` is `tokens[ids[b, t]] + positions[t]`.
 *
 * @param tokens `[vocabSize, width]`
 * @param positions `[contextLength, width]`, of which the first `T` rows are used
 * @param ids int32 `[B, T]`
 * @returns `[B * T, width]`
 */
export function embedding(tokens: tf.Tensor, positions: tf.Tensor, ids: tf.Tensor2D): tf.Tensor2D {
  const [batch, length] = ids.shape
  const [vocabSize, width] = tokens.shape as [number, number]
  const unused = positions.shape[0]! - length
  return withGradient([tokens, positions], save => {
    const flatIds = tf.reshape(ids, [batch * length]) as tf.Tensor1D
    const used = unused > 0 ? tf.slice(positions, [0, 0], [length, width]) : positions
    const perToken = tf.reshape(tf.gather(tokens, flatIds), [batch, length, width])
    save([flatIds])
    return {
      value: tf.reshape(tf.add(perToken, used), [batch * length, width]),
      gradients(dy, saved) {
        const dTokens = tf.unsortedSegmentSum(dy, saved[0] as tf.Tensor1D, vocabSize)
        const dUsed = tf.sum(tf.reshape(dy, [batch, length, width]), 0)
        return [
          dTokens,
          unused > 0
            ? tf.pad(dUsed, [
                [0, unused],
                [0, 0],
              ])
            : dUsed,
        ]
      },
    }
  })
}
