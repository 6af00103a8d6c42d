import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Share of the probability that is spread evenly over the vocabulary, 0 to below 1. Default 0. */
  labelSmoothing?: number
  /** Weight of the squared log of the softmax's denominator, which keeps logits from drifting. Default 0. */
  zLoss?: number
}

/**
 * Mean cross entropy in nats with label smoothing (Szegedy and others, 2016) and z-loss (Chowdhery and others, 2022,
 * section 5), for training only: `sum_i mask_i (logZ_i - (1 - s) x_i[target] - s mean(x_i) + z logZ_i²) / sum(mask)`.
 * It needs all logits in memory, so use it only where one of the two is on.
 *
 * @param logits `[N, vocabSize]`
 * @param targets int32 `[N]`
 * @param mask `[N]`: the weight of each row; no gradient flows to it
 * @throws TrainerError `invalid-option`
 */
export function crossEntropy(
  logits: tf.Tensor2D,
  targets: tf.Tensor1D,
  mask: tf.Tensor1D,
  { labelSmoothing = 0, zLoss = 0 }: CrossEntropyOptions = {},
): tf.Scalar {
  checkCrossEntropyOptions({ labelSmoothing, zLoss })
  const [rows, vocabSize] = logits.shape
  // A batch in which nothing counts has loss 0, not 0 / 0.
  const weights = tf.reshape(tf.div(mask, tf.maximum(tf.sum(mask), 1e-30)), [rows, 1])
  const op = tf.customGrad((x, save) => {
    const scores = x as tf.Tensor2D
    const wanted = tf.add(
      tf.mul(tf.cast(tf.oneHot(targets, vocabSize), 'float32'), 1 - labelSmoothing),
      labelSmoothing / vocabSize,
    )
    const highest = tf.max(scores, -1, true)
    const exponentials = tf.exp(tf.sub(scores, highest))
    const sums = tf.sum(exponentials, -1, true)
    const logZ = tf.add(tf.log(sums), highest)
    // d logZ = softmax, so the z-loss only scales the probabilities.
    const pull = tf.add(tf.mul(logZ, 2 * zLoss), 1)
    const gradient = tf.mul(tf.sub(tf.mul(tf.div(exponentials, sums), pull), wanted), weights)
    const losses = tf.add(
      tf.sub(logZ, tf.sum(tf.mul(scores, wanted), -1, true)),
      tf.mul(tf.square(logZ), zLoss),
    )
    ;(save as tf.GradSaveFunc)([gradient])
    return {
      value: tf.sum(tf.mul(losses, weights)),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(saved!, dy),
    }
  })
  return op(logits) as tf.Scalar
}

/** @throws TrainerError `invalid-option` */
export function checkCrossEntropyOptions({ labelSmoothing = 0, zLoss = 0 }: CrossEntropyOptions): void {
  checkOption('labelSmoothing', labelSmoothing, labelSmoothing >= 0 && labelSmoothing < 1, 'in [0, 1)')
  checkOption('zLoss', zLoss, zLoss >= 0 && zLoss < 1, 'in [0, 1)')
}
