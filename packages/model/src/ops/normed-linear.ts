import * as tf from '@tensorflow/tfjs-core'
import {
  foldNorm,
  foldNormGradients,
  type NormedMap,
  normalRows,
  normalRowsGradient,
  present,
} from './folded-norm.ts'
import { layerNorm } from './layer-norm.ts'
import { rmsNorm } from './rms-norm.ts'
import { withGradient } from './with-gradient.ts'

export interface NormedLinearInputs extends NormedMap {
  /** `[rows, width]` */
  x: tf.Tensor2D
  epsilon: number
}

/**
 * A linear map of a norm: `norm(x) weight + offset`, `[rows, outputs]`. With many rows the norm is folded into the map.
 */
export function normedLinear({ x, epsilon, ...map }: NormedLinearInputs): tf.Tensor2D {
  const { scale, bias, weight, offset } = map
  if (x.shape[0] < weight.shape[1]) {
    const normed = bias ? layerNorm(x, scale, bias, epsilon) : rmsNorm(x, scale, epsilon)
    const product: tf.Tensor2D = tf.matMul(normed, weight)
    return offset ? tf.add(product, offset) : product
  }
  return withGradient([x, scale, weight, ...present(bias, offset)], save => {
    const { normal, inverseDeviation } = normalRows(x, epsilon, bias !== undefined)
    const { map: folded, shift } = foldNorm(map)
    save([normal, inverseDeviation, folded, scale, weight, ...present(bias)])
    const product: tf.Tensor2D = tf.matMul(normal, folded)
    return {
      value: shift ? tf.add(product, shift) : product,
      gradients(dy, saved) {
        const [normal, inverseDeviation, folded, scale, weight, bias] = saved as [
          tf.Tensor2D,
          tf.Tensor,
          tf.Tensor2D,
          tf.Tensor,
          tf.Tensor2D,
          tf.Tensor | undefined,
        ]
        const dNormal = tf.matMul(dy as tf.Tensor2D, folded, false, true)
        const dMap = tf.matMul(normal, dy as tf.Tensor2D, true, false)
        const dShift = shift && tf.sum(dy, 0)
        const { dScale, dWeight, dBias } = foldNormGradients(dMap, dShift, { scale, bias, weight })
        return [
          normalRowsGradient(dNormal, normal, inverseDeviation),
          dScale,
          dWeight,
          ...present(dBias, offset && dShift),
        ]
      },
    }
  })
}
