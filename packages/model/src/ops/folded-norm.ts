import * as tf from '@tensorflow/tfjs-core'

/*
 * A norm followed by a linear map, with the norm's scale and bias taken into the map:
 * `(n * scale + bias) weight + offset = n (scale * weight) + (bias weight + offset)` for normal rows n. So scale and bias
 * and their gradients cost passes over the weights instead of the rows. Normal rows of LayerNorm sum to 0, therefore the mean of
 * each column of the weights does not matter; without it the gradient of n sums to 0, too, and needs no centring. RMSNorm
 * has no mean and no bias.
 */

export interface NormedMap {
  /** `[width]`: the norm's scale. */
  scale: tf.Tensor
  /** `[width]`: the norm's bias; none: the norm is RMSNorm. */
  bias: tf.Tensor | undefined
  /** `[width, outputs]` */
  weight: tf.Tensor2D
  /** `[outputs]`: the linear map's bias, if it has one. */
  offset: tf.Tensor | undefined
}

/**
 * Rows with mean square 1, and what they were multiplied by, `[rows, 1]`.
 *
 * @param center whether the mean of each row is taken away first
 */
export function normalRows(
  x: tf.Tensor2D,
  epsilon: number,
  center: boolean,
): { normal: tf.Tensor2D; inverseDeviation: tf.Tensor } {
  const centered = center ? tf.sub(x, tf.mean(x, -1, true)) : x
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon))
  return { normal: tf.mul(centered, inverseDeviation), inverseDeviation }
}

/** The gradient of x from that of its normal rows; where they were centered, it must sum to 0 in each row. */
export function normalRowsGradient(
  dNormal: tf.Tensor,
  normal: tf.Tensor,
  inverseDeviation: tf.Tensor,
): tf.Tensor {
  const along = tf.mean(tf.mul(dNormal, normal), -1, true)
  return tf.mul(tf.sub(dNormal, tf.mul(normal, along)), inverseDeviation)
}

/** The linear map of the normal rows: `map` `[width, outputs]` and `shift` `[outputs]`, or none where it would be 0. */
export function foldNorm({ scale, bias, weight, offset }: NormedMap): {
  map: tf.Tensor2D
  shift: tf.Tensor1D | undefined
} {
  const [width, outputs] = weight.shape
  const scaled = tf.mul(weight, tf.reshape(scale, [width, 1])) as tf.Tensor2D
  if (!bias) return { map: scaled, shift: offset as tf.Tensor1D | undefined }
  const fromBias = tf.reshape(tf.matMul(tf.reshape(bias, [1, width]) as tf.Tensor2D, weight), [outputs])
  return {
    map: tf.sub(scaled, tf.mean(scaled, 0, true)),
    shift: offset ? tf.add(fromBias, offset) : (fromBias as tf.Tensor1D),
  }
}

/** The gradients of scale, weight and, where there is one, bias from those of map and shift. */
export function foldNormGradients(
  dMap: tf.Tensor,
  dShift: tf.Tensor | undefined,
  { scale, bias, weight }: Omit<NormedMap, 'offset'>,
): { dScale: tf.Tensor; dWeight: tf.Tensor; dBias: tf.Tensor | undefined } {
  const [width, outputs] = weight.shape
  const dScale = tf.sum(tf.mul(dMap, weight), 1)
  const dWeight = tf.mul(dMap, tf.reshape(scale, [width, 1]))
  if (!bias || !dShift) return { dScale, dWeight, dBias: undefined }
  const throughBias = tf.mul(tf.reshape(bias, [width, 1]), tf.reshape(dShift, [1, outputs]))
  const dBias = tf.matMul(weight, tf.reshape(dShift, [outputs, 1]) as tf.Tensor2D)
  return { dScale, dWeight: tf.add(dWeight, throughBias), dBias: tf.reshape(dBias, [width]) }
}

/** Tensors that are there, for lists of inputs and gradients. */
export function present(...tensors: (tf.Tensor | undefined)[]): tf.Tensor[] {
  return tensors.filter(tensor => tensor !== undefined)
}
