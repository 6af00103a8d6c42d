import * as tf from '@tensorflow/tfjs-core'
import type { ActivationKind } from '../config.ts'
import { activations } from './activation.ts'
import { after } from './after.ts'
import {
  foldNorm,
  foldNormGradients,
  type NormedMap,
  normalRows,
  normalRowsGradient,
  present,
} from './folded-norm.ts'
import { largeOperations } from './large-operations.ts'
import { normedLinear } from './normed-linear.ts'
import { withGradient } from './with-gradient.ts'

export interface NormedMlpInputs {
  /** `[rows, width]` */
  x: tf.Tensor2D
  epsilon: number
  /** The norm and the map to `[rows, hidden]`, of SwiGLU to `[rows, 2 * hidden]`. */
  up: NormedMap
  /** Default `gelu`. */
  activation?: ActivationKind | undefined
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
 * The second half of a block: `activation(norm(x) up) down`, `[rows, width]`.
 *
 * In a function that is compiled it is written as one: the norm is folded into the map, and the neurons go
 * through the activation group by group, so that the many passes over them find them in the processor's cache. Where they
 * are many the backward pass computes them again.
 */
export function normedMlp(inputs: NormedMlpInputs): tf.Tensor2D {
  const { x, epsilon, up, down, downOffset, ...options } = inputs
  const { inputs: parts, ...activation } = activations[inputs.activation ?? 'gelu']
  const [rows, hidden] = [x.shape[0], down.shape[0]]
  const compiled = tf.getKernel('FastGelu', tf.getBackend()) !== undefined
  if (!compiled || rows < hidden) {
    const raised = cut(normedLinear({ x, epsilon, ...up }), parts, 1)
    const product: tf.Tensor2D = tf.matMul(activation.apply(raised), down)
    return downOffset ? tf.add(product, downOffset) : product
  }
  const large = largeOperations()
  const groups = options.groups ?? (large ? 1 : defaultGroups(rows, hidden))
  const recompute = options.recompute ?? (!large && rows * hidden * parts >= RECOMPUTED)
  const { scale, bias, weight, offset } = up
  return withGradient([x, scale, weight, down, ...present(bias, offset, downOffset)], save => {
    const { normal, inverseDeviation } = normalRows(x, epsilon, bias !== undefined)
    const { map, shift } = foldNorm(up)
    // Of each part the columns of each group: `[part * groups + group]`.
    const maps = cut(map, parts * groups, 1)
    const shifts = shift ? cut(shift, parts * groups, 0) : []
    const downs = cut(down, groups, 0)
    const raise = (rows: tf.Tensor2D, map: tf.Tensor2D, shift: tf.Tensor | undefined): tf.Tensor2D => {
      const product: tf.Tensor2D = tf.matMul(rows, map)
      return shift ? tf.add(product, shift) : product
    }
    const ofGroup = <T>(all: readonly T[], group: number): T[] =>
      Array.from({ length: parts }, (_, part) => all[part * groups + group]!)
    const raised = maps.map((map, i) => raise(normal, map, shifts[i]))
    const values = downs.map((_, group) => activation.compiled(ofGroup(raised, group)))
    const sum = values
      .map((value, i) => tf.matMul(value, downs[i]!) as tf.Tensor2D)
      .reduce((total, part) => tf.add(total, part))
    const kept = recompute ? shifts : [...raised, ...values]
    save([normal, inverseDeviation, scale, weight, ...present(bias), ...maps, ...downs, ...kept])
    return {
      value: downOffset ? tf.add(sum, downOffset) : sum,
      gradients(dy, saved) {
        const [normal, inverseDeviation, scale, weight, ...others] = saved as [
          tf.Tensor2D,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor2D,
          ...tf.Tensor2D[],
        ]
        const rest = bias ? others.slice(1) : others
        const maps = rest.slice(0, parts * groups)
        const downs = rest.slice(parts * groups, (parts + 1) * groups)
        const kept = rest.slice((parts + 1) * groups)
        // What waits for dy cannot be what was computed before: or else the compiler would keep that.
        const rows = recompute ? after(normal, dy) : normal
        const perGroup = downs.map((down, group) => {
          const ownMaps = ofGroup(maps, group)
          const ownKept = ofGroup(kept, group)
          const x = recompute ? ownMaps.map((map, part) => raise(rows, map, ownKept[part])) : ownKept
          const dValue = tf.matMul(dy as tf.Tensor2D, down, false, true)
          const known = recompute ? undefined : kept[parts * groups + group]!
          const { dx, value } = activation.gradients(dValue as tf.Tensor2D, x, known)
          const dMap = dx.map(dx => tf.matMul(normal, dx, true, false))
          const dShift = shift ? dx.map(dx => tf.sum(dx, 0)) : []
          const dNormal = dx
            .map((dx, part) => tf.matMul(dx, ownMaps[part]!, false, true))
            .reduce((a, b) => tf.add(a, b))
          const dDown = tf.matMul(value, dy as tf.Tensor2D, true, false)
          return { dDown: after(dDown, ...dMap, ...dShift, dNormal), dMap, dShift, dNormal }
        })
        const joined = (key: 'dMap' | 'dShift', axis: number): tf.Tensor => {
          const all = Array.from({ length: parts }, (_, part) => perGroup.map(group => group[key][part]!))
          return join(all.flat(), axis)
        }
        const dNormal = perGroup.map(group => group.dNormal as tf.Tensor).reduce((a, b) => tf.add(a, b))
        const dShift = shift && joined('dShift', 0)
        const { dScale, dWeight, dBias } = foldNormGradients(joined('dMap', 1), dShift, {
          scale,
          bias: bias && others[0],
          weight,
        })
        return [
          normalRowsGradient(dNormal, normal, inverseDeviation),
          dScale,
          dWeight,
          join(
            perGroup.map(group => group.dDown),
            0,
          ),
          ...present(dBias, offset && dShift, downOffset && tf.sum(dy, 0)),
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

function join(parts: tf.Tensor[], axis: number): tf.Tensor {
  return parts.length === 1 ? parts[0]! : tf.concat(parts, axis)
}
