import * as tf from '@tensorflow/tfjs-core'
import { after } from './after.ts'
import { foldNorm, foldNormGradients, type NormedMap, normalRows, normalRowsGradient } from './folded-norm.ts'
import { gated, gatedGradient, gelu } from './gelu.ts'
import { largeOperations } from './large-operations.ts'
import { normedLinear } from './normed-linear.ts'
import { withGradient } from './with-gradient.ts'

export interface NormedMlpInputs {
  /** `[rows, width]` */
  x: tf.Tensor2D
  epsilon: number
  /** The norm and the map to `[rows, hidden]`. */
  up: NormedMap
  /** `[hidden, width]` */
  down: tf.Tensor2D
  /** `[width]`, or none: the bias of `down`. */
  downOffset: tf.Tensor | undefined
  /** Parts of the hidden units that are computed one after the other; chosen by the size when left out. */
  groups?: number
  /** Whether the backward pass computes the hidden units again; chosen by the size when left out. Only where it is traced. */
  recompute?: boolean
}

/**
 * The second half of a block: `gelu(layerNorm(x) up) down`, `[rows, width]`.
 *
 * In a function that is compiled it is written as one: the norm is folded into the map, and the hidden units go
 * through GELU group by group, so that the many passes over them find them in the processor's cache. Where they are many
 * the backward pass computes them again.
 */
export function normedMlp({ x, epsilon, up, down, downOffset, ...options }: NormedMlpInputs): tf.Tensor2D {
  const [rows, hidden] = [x.shape[0], down.shape[0]]
  const compiled = tf.getKernel('FastGelu', tf.getBackend()) !== undefined
  if (!compiled || rows < hidden) {
    const product: tf.Tensor2D = tf.matMul(gelu(normedLinear({ x, epsilon, ...up })), down)
    return downOffset ? tf.add(product, downOffset) : product
  }
  const large = largeOperations()
  const groups = options.groups ?? (large ? 1 : defaultGroups(rows, hidden))
  const recompute = options.recompute ?? (!large && rows * hidden >= RECOMPUTED)
  const { scale, bias, weight, offset } = up
  const inputs = [
    x,
    scale,
    bias,
    weight,
    down,
    ...(offset ? [offset] : []),
    ...(downOffset ? [downOffset] : []),
  ]
  return withGradient(inputs, save => {
    const { normal, inverseDeviation } = normalRows(x, epsilon)
    const { map, shift } = foldNorm(up)
    const maps = cut(map, groups, 1)
    const shifts = cut(shift, groups, 0)
    const downs = cut(down, groups, 0)
    const raised = maps.map((map, i) => tf.add(tf.matMul(normal, map), shifts[i]!) as tf.Tensor2D)
    const values = raised.map(x => tf.engine().runKernel('FastGelu', { x }) as tf.Tensor2D)
    const parts = values.map((value, i) => tf.matMul(value, downs[i]!))
    const sum = parts.reduce((total, part) => tf.add(total, part))
    const kept = recompute ? shifts : [...raised, ...values]
    save([normal, inverseDeviation, scale, bias, weight, ...maps, ...downs, ...kept])
    return {
      value: downOffset ? tf.add(sum, downOffset) : sum,
      gradients(dy, saved) {
        const [normal, inverseDeviation, scale, bias, weight, ...rest] = saved as [
          tf.Tensor2D,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor2D,
          ...tf.Tensor2D[],
        ]
        // What waits for dy cannot be what was computed before: or else the compiler would keep that.
        const rows = recompute ? after(normal, dy) : normal
        const perGroup = raised.map((_, i) => {
          const [map, down, kept] = [rest[i]!, rest[groups + i]!, rest[2 * groups + i]!]
          const x: tf.Tensor2D = recompute ? tf.add(tf.matMul(rows, map), kept) : kept
          const { slope, gate, value: computed } = gated(x)
          const value = recompute ? computed : rest[3 * groups + i]!
          const dValue = tf.matMul(dy as tf.Tensor2D, down, false, true)
          const dx = gatedGradient(dValue, slope, gate, value) as tf.Tensor2D
          const dMap = tf.matMul(normal, dx, true, false)
          const dShift = tf.sum(dx, 0)
          const dNormal = tf.matMul(dx, map, false, true)
          const dDown = tf.matMul(value, dy as tf.Tensor2D, true, false)
          return { dDown: after(dDown, dMap, dShift, dNormal), dMap, dShift, dNormal }
        })
        const all = (key: 'dDown' | 'dMap' | 'dShift', axis: number): tf.Tensor =>
          groups === 1
            ? perGroup[0]![key]
            : tf.concat(
                perGroup.map(group => group[key]),
                axis,
              )
        const dNormal = perGroup.map(group => group.dNormal as tf.Tensor).reduce((a, b) => tf.add(a, b))
        const [dScale, dBias, dWeight, dOffset] = foldNormGradients(all('dMap', 1), all('dShift', 0), {
          scale,
          bias,
          weight,
        })
        return [
          normalRowsGradient(dNormal, normal, inverseDeviation),
          dScale,
          dBias,
          dWeight,
          all('dDown', 0),
          ...(offset ? [dOffset] : []),
          ...(downOffset ? [tf.sum(dy, 0)] : []),
        ]
      },
    }
  })
}

/** From 16 MB on, memory counts for more than the two hundredths of a step that this takes. */
const RECOMPUTED = 2 ** 22

/** Groups of about 2 MB, but no more than four: each adds a pass over the rows. */
function defaultGroups(rows: number, hidden: number): number {
  const wanted = Math.min(4, Math.round((rows * hidden) / 2 ** 19))
  return [4, 3, 2].find(count => count <= wanted && hidden % count === 0) ?? 1
}

function cut<T extends tf.Tensor>(x: T, groups: number, axis: number): T[] {
  return groups === 1 ? [x] : tf.split(x, groups, axis)
}
