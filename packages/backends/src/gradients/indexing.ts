import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { define } from './define.ts'

/** Gradients of matrix products, and of the kernels that pick or add up rows by index. */
export function registerIndexingAndProducts(): void {
  define<tf.BatchMatMulAttrs>(tf.BatchMatMul, {
    save: ['a', 'b'],
    gradient: (dy, [a, b], { transposeA, transposeB }) => ({
      a: () => {
        const da = transposeA ? tf.matMul(b!, dy, transposeB, true) : tf.matMul(dy, b!, false, !transposeB)
        return sumBatches(da, a!.shape)
      },
      b: () => {
        const db = transposeB ? tf.matMul(dy, a!, true, transposeA) : tf.matMul(a!, dy, !transposeA, false)
        return sumBatches(db, b!.shape)
      },
    }),
  })
  define<tf.GatherV2Attrs>(tf.GatherV2, {
    save: ['x', 'indices'],
    gradient: (dy, [x, indices], { axis, batchDims }) => ({
      x: () => gatherGradient(dy, x!, indices!, tf.util.parseAxisParam(axis, x!.shape)[0]!, batchDims ?? 0),
      indices: () => tf.zeros(indices!.shape),
    }),
  })
  define(tf.GatherNd, {
    save: ['params', 'indices'],
    gradient: (dy, [params, indices]) => ({
      params: () => tf.scatterND(indices!, dy, params!.shape),
      indices: () => tf.zeros(indices!.shape),
    }),
  })
  define<tf.ScatterNdAttrs>(tf.ScatterNd, {
    save: ['indices'],
    gradient: (dy, [indices]) => ({
      indices: () => tf.zeros(indices!.shape),
      updates: () => {
        // tfjs takes a vector of indices as a column.
        const column = indices!.rank === 1 ? tf.reshape(indices!, [-1, 1]) : indices!
        return tf.gatherND(dy, column)
      },
    }),
  })
  define<tf.EinsumAttrs>(tf.Einsum, {
    saveAll: true,
    gradient: (dy, operands, { equation }) => {
      const [left, result] = equation.replaceAll(' ', '').split('->') as [string, string]
      const labels = left.split(',')
      return Object.fromEntries(
        operands.map((operand, i) => [
          i,
          () => einsumGradient(dy, result, labels, operands, i, operand.shape),
        ]),
      )
    },
  })
  define<tf.UnsortedSegmentSumAttrs>(tf.UnsortedSegmentSum, {
    save: ['segmentIds'],
    gradient: (dy, [segmentIds]) => ({
      x: () => {
        // A negative id drops its row, so that row's gradient is 0.
        const kept = tf.greaterEqual(segmentIds!, 0)
        const rows = tf.gather(dy, tf.maximum(segmentIds!, tf.scalar(0, 'int32')))
        const mask = tf.reshape(tf.cast(kept, 'float32'), [-1, ...dy.shape.slice(1).map(() => 1)])
        return tf.mul(rows, mask)
      },
      segmentIds: () => tf.zeros(segmentIds!.shape),
    }),
  })
}

/** The gradient of operand `which`: the product of `dy` and the other operands, summed over what the operand lacks. */
function einsumGradient(
  dy: Tensor,
  result: string,
  labels: readonly string[],
  operands: readonly Tensor[],
  which: number,
  shape: number[],
): Tensor {
  const others = labels.filter((_, i) => i !== which)
  const own = labels[which]!
  const available = [result, ...others].join('')
  // A label of this operand alone is summed over: along it the gradient is the same everywhere.
  const kept = [...own].filter(label => available.includes(label)).join('')
  // tfjs's einsum is wrong where a label of one factor alone is summed over, or a factor is a number.
  const factors = [dy, ...operands.filter((_, i) => i !== which)].map((factor, i, all) => {
    const label = [result, ...others][i]!
    const elsewhere = [kept, ...[result, ...others].filter((_, j) => j !== i && j < all.length)].join('')
    const alone = [...label].flatMap((l, axis) => (elsewhere.includes(l) ? [] : [axis]))
    const rest = [...label].filter(l => elsewhere.includes(l)).join('')
    return { label: rest, value: alone.length > 0 ? tf.sum(factor, alone) : factor }
  })
  const tensors = factors.filter(({ label }) => label !== '')
  const numbers = factors.filter(({ label }) => label === '').map(({ value }) => value)
  const equation = `${tensors.map(({ label }) => label).join(',')}->${kept}`
  const contracted =
    tensors.length === 0 ? tf.scalar(1) : tf.einsum(equation, ...tensors.map(({ value }) => value))
  const product = numbers.reduce((all, number) => tf.mul(all, number), contracted as Tensor)
  const withOnes = [...own].map((label, i) => (kept.includes(label) ? shape[i]! : 1))
  return tf.broadcastTo(tf.reshape(product, withOnes), shape)
}

/** Adds up the batches over which an operand of a product was broadcast. */
function sumBatches(gradient: Tensor, shape: number[]): Tensor {
  const extra = gradient.shape.length - shape.length
  const axes = gradient.shape
    .map((_, i) => i)
    .filter(i => i < extra || (shape[i - extra] === 1 && gradient.shape[i] !== 1))
  return axes.length > 0 ? tf.reshape(tf.sum(gradient, axes), shape) : gradient
}

/** Adds each row of `dy` into the place of `x` that it was gathered from. */
function gatherGradient(dy: Tensor, x: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  if (batchDims > 0) {
    // One batch at a time: a segment sum knows no batches.
    const size = x.shape.slice(0, batchDims).reduce((a, b) => a * b, 1)
    const flat = (t: Tensor): Tensor[] => tf.unstack(tf.reshape(t, [size, ...t.shape.slice(batchDims)]))
    const [dys, xs, all] = [flat(dy), flat(x), flat(indices)]
    const parts = dys.map((part, i) => gatherGradient(part, xs[i]!, all[i]!, axis - batchDims, 0))
    return tf.reshape(tf.stack(parts), x.shape)
  }
  const before = x.shape.slice(0, axis)
  const after = x.shape.slice(axis + 1)
  const ids = tf.reshape(indices, [-1]) as Tensor1D
  const count = x.shape[axis]!
  if (axis === 0) {
    return tf.reshape(tf.unsortedSegmentSum(tf.reshape(dy, [ids.size, ...after]), ids, count), x.shape)
  }
  // Bring the gathered axis to the front, add up, and bring it back.
  const [m, n] = [before.reduce((a, b) => a * b, 1), after.reduce((a, b) => a * b, 1)]
  const rows = tf.transpose(tf.reshape(dy, [m, ids.size, n]), [1, 0, 2])
  const sums = tf.unsortedSegmentSum(rows, ids, count)
  return tf.reshape(tf.transpose(sums, [1, 0, 2]), x.shape)
}
