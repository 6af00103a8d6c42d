import * as tf from '@tensorflow/tfjs-core'
import { withGradient } from './with-gradient.ts'

/**
 * Token embedding plus position embedding: row `b * T + t` is `tokens[ids[b, t]] + positions[t]`.
 *
 * @param tokens `[vocabSize, width]`
 * @param positions `[contextLength, width]`, of which the first `T` rows are used; none: tokens alone
 * @param ids int32 `[B, T]`
 * @returns `[B * T, width]`
 */
export function embedding(tokens: tf.Tensor, positions: tf.Tensor | undefined, ids: tf.Tensor): tf.Tensor2D {
  const perToken = rowsOf(tokens, ids)
  if (!positions) return perToken
  const [batch, length] = ids.shape as [number, number]
  const width = tokens.shape[1]!
  const unused = positions.shape[0]! - length
  return withGradient([perToken, positions], () => {
    const used = unused > 0 ? tf.slice(positions, [0, 0], [length, width]) : positions
    return {
      value: tf.reshape(tf.add(tf.reshape(perToken, [batch, length, width]), used), perToken.shape),
      gradients(dy) {
        const dUsed = tf.sum(tf.reshape(dy, [batch, length, width]), 0)
        const padding: [number, number][] = [
          [0, unused],
          [0, 0],
        ]
        return [dy, unused > 0 ? tf.pad(dUsed, padding) : dUsed]
      },
    }
  })
}

/** The rows of a table for each id: `[ids, width]`. */
export function rowsOf(table: tf.Tensor, ids: tf.Tensor): tf.Tensor2D {
  return withGradient([table], save => {
    const flat = tf.reshape(ids, [ids.size]) as tf.Tensor1D
    save([flat])
    return {
      value: tf.gather(table, flat),
      gradients: (dy, [flat]) => [tf.unsortedSegmentSum(dy, flat as tf.Tensor1D, table.shape[0]!)],
    }
  })
}

/**
 * The row of the bigram table of each token and the one before it. A linear hash: the products stay whole numbers of 31
 * bits for every vocabulary of up to 250,000 tokens.
 *
 * @param ids int32 `[B, T]`
 * @param before int32 `[B, T]`: of {@link tokensBefore}
 * @returns int32 `[B, T]`, each below `rows`
 */
export function bigramRowsOf(ids: tf.Tensor, before: tf.Tensor, rows: number): tf.Tensor2D {
  return tf.mod(tf.add(tf.mul(before, tf.scalar(BIGRAM_FACTOR, 'int32')), ids), tf.scalar(rows, 'int32'))
}

/** The token before each, int32 `[B, T]`; before the first stands one of number `vocabSize`. */
export function tokensBefore(ids: tf.Tensor, vocabSize: number): tf.Tensor2D {
  const [batch, length] = ids.shape as [number, number]
  const first = tf.fill([batch, 1], vocabSize, 'int32') as tf.Tensor2D
  const rest = tf.slice(ids, [0, 0], [batch, length - 1]) as tf.Tensor2D
  return length > 1 ? tf.concat([first, rest], 1) : first
}

/** A prime, so that tokens of like numbers do not meet in the table. */
export const BIGRAM_FACTOR = 7919
