import * as tf from '@tensorflow/tfjs-core'

/** A token that may come next. */
export interface Prediction {
  id: number
  probability: number
}

/**
 * The most probable tokens of each row of logits, most probable first.
 *
 * @param logits makes `[rows, vocabSize]`, which are freed
 */
export async function readPredictions(logits: () => tf.Tensor2D, count: number): Promise<Prediction[][]> {
  const { values, indices } = tf.tidy(() => {
    const probabilities = tf.softmax(logits())
    return tf.topk(probabilities, Math.min(count, probabilities.shape[1]!), true)
  })
  const [rows, columns] = values.shape as [number, number]
  try {
    const [probabilities, ids] = await Promise.all([values.data(), indices.data()])
    return Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, rank) => ({
        id: ids[row * columns + rank]!,
        probability: probabilities[row * columns + rank]!,
      })),
    )
  } finally {
    tf.dispose([values, indices])
  }
}
