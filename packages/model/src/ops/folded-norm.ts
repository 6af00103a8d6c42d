import * as tf from '@tensorflow/tfjs-core'

/*
 * LayerNorm followed by a linear map, with the norm's scale and bias taken into the map:
 * `(n * scale + bias) weight + offset = n (scale * weight) + (bias weight + offset)` for normal rows n. So scale and bias
 * and their gradients cost passes over the weights instead of the rows. Normal rows sum to 0, therefore the mean of each
 * column of the weights does not matter; without it the gradient of n sums to 0, too, and needs no centring.
 */

export interface NormedMap {
  /** `[width]`: the norm's scale. */
  scale: tf.Tensor
  /** `[width]`: the norm's bias. */
  bias: tf.Tensor
  /** `[width, outputs]` */
  weight: tf.Tensor2D
  /** `[outputs]`: the linear map's bias, if it has one. */
  offset: tf.Tensor | undefined
}

/** Rows with mean 0 and variance 1, and what they were multiplied by, `[rows, 1]`. */
export function normalRows(
  x: tf.Tensor2D,
  epsilon: number,
): { normal: tf.Tensor2D; inverseDeviation: tf.Tensor } {
  const centered = tf.sub(x, tf.mean(x, -1, true))
  const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centered), -1, true), epsilon))
  return { normal: tf.mul(centered, inverseDeviation), inverseDeviation }
}

/** The gradient of x from that of its normal rows, which must sum to 0 in each row. */
export function normalRowsGradient(
  dNormal: tf.Tensor,
  normal: tf.Tensor,
  inverseDeviation: tf.Tensor,
): tf.Tensor {
  const along = tf.mean(tf.mul(dNormal, normal), -1, true)
  return tf.mul(tf.sub(dNormal, tf.mul(normal, along)), inverseDeviation)
}

/** The linear map of the normal rows: `map` `[width, outputs]` and `shift` `[outputs]`. */
export function foldNorm({ scale, bias, weight, offset }: NormedMap): {
  map: tf.Tensor2D
  shift: tf.Tensor1D
} {
  const [width, outputs] = weight.shape
  const scaled = tf.mul(weight, tf.reshape(scale, [width, 1]))
  const fromBias = tf.reshape(tf.matMul(tf.reshape(bias, [1, width]) as tf.Tensor2D, weight), [outputs])
  return {
    map: tf.sub(scaled, tf.mean(scaled, 0, true)),
    shift: offset ? tf.add(fromBias, offset) : (fromBias as tf.Tensor1D),
  }
}

/** The gradients of scale, bias, weight and offset from those of map and shift. */
export function foldNormGradients(
  dMap: tf.Tensor,
  dShift: tf.Tensor,
  { scale, bias, weight }: Omit<NormedMap, 'offset'>,
): [dScale: tf.Tensor, dBias: tf.Tensor, dWeight: tf.Tensor, dOffset: tf.Tensor] {
  const [width, outputs] = weight.shape
  const dWeight = tf.add(
    tf.mul(dMap, tf.reshape(scale, [width, 1])),
    tf.mul(tf.reshape(bias, [width, 1]), tf.reshape(dShift, [1, outputs])),
  )
  const dBias = tf.matMul(weight, tf.reshape(dShift, [outputs, 1]) as tf.Tensor2D)
  return [tf.sum(tf.mul(dMap, weight), 1), tf.reshape(dBias, [width]), dWeight, dShift]
}
