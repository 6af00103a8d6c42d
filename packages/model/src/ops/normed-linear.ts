import * as tf from '@tensorflow/tfjs-core'
import { foldNorm, foldNormGradients, type NormedMap, normalRows, normalRowsGradient } from './folded-norm.ts'
import { layerNorm } from './layer-norm.ts'
import { withGradient } from './with-gradient.ts'

export interface NormedLinearInputs extends NormedMap {
  /** `[rows, width]` */
  x: tf.Tensor2D
  epsilon: number
}

/**
 * A linear map of a LayerNorm: `layerNorm(x) weight + offset`, `[rows, outputs]`. With many rows the norm is folded into
 * the map.
 */
export function normedLinear({ x, epsilon, ...map }: NormedLinearInputs): tf.Tensor2D {
  const { scale, bias, weight, offset } = map
  if (x.shape[0] < weight.shape[1]) {
    const product: tf.Tensor2D = tf.matMul(layerNorm(x, scale, bias, epsilon), weight)
    return offset ? tf.add(product, offset) : product
  }
  return withGradient([x, scale, bias, weight, ...(offset ? [offset] : [])], save => {
    const { normal, inverseDeviation } = normalRows(x, epsilon)
    const { map: folded, shift } = foldNorm(map)
    save([normal, inverseDeviation, folded, scale, bias, weight])
    return {
      value: tf.add(tf.matMul(normal, folded), shift),
      gradients(dy, saved) {
        const [normal, inverseDeviation, folded, scale, bias, weight] = saved as [
          tf.Tensor2D,
          tf.Tensor,
          tf.Tensor2D,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor2D,
        ]
        const dNormal = tf.matMul(dy as tf.Tensor2D, folded, false, true)
        const dMap = tf.matMul(normal, dy as tf.Tensor2D, true, false)
        const ofMap = foldNormGradients(dMap, tf.sum(dy, 0), { scale, bias, weight })
        return [
          normalRowsGradient(dNormal, normal, inverseDeviation),
          ...(offset ? ofMap : ofMap.slice(0, 3)),
        ]
      },
    }
  })
}
