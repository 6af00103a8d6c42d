import * as tf from '@tensorflow/tfjs-core'

// A quintic that takes singular values in (0, 1] to about 1 in five rounds: steep at 0, not exact at 1.
// Coefficients from Keller Jordan's description of Muon (2024).
const [a, b, c] = [3.4445, -4.775, 2.0315]

/**
 * The nearest semi-orthogonal matrix, roughly: all singular values of `matrix` brought to between about 0.7 and
 * 1.2 by Newton-Schulz iterations X ← aX + (bXXᵀ + c(XXᵀ)²)X. Only matrix products, so it runs on any backend.
 *
 * @param matrix `[m, n]`
 * @returns `[m, n]`
 */
export function orthogonalize(matrix: tf.Tensor2D, rounds = 5): tf.Tensor2D {
  const [rows, columns] = matrix.shape
  // The products XXᵀ are of the shorter side's size.
  const wide = rows > columns ? tf.transpose(matrix) : matrix
  let x = tf.div(wide, tf.add(tf.sqrt(tf.sum(tf.square(wide))), 1e-7)) as tf.Tensor2D
  for (let round = 0; round < rounds; round++) {
    const gram = tf.matMul(x, x, false, true)
    const polynomial = tf.add(tf.mul(gram, b), tf.mul(tf.matMul(gram, gram), c)) as tf.Tensor2D
    x = tf.add(tf.mul(x, a), tf.matMul(polynomial, x))
  }
  return rows > columns ? tf.transpose(x) : x
}
