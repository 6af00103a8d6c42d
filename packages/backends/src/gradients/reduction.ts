import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { addAt, define, float } from './define.ts'

/** Gradients of reductions, cumulative sums and softmax. */
export function registerReduction(): void {
  /** `dy` with the reduced axes back as axes of length 1. */
  const expand = (dy: Tensor, shape: number[], axis: number | number[] | null | undefined): Tensor => {
    const axes = tf.util.parseAxisParam(axis ?? shape.map((_, i) => i), shape)
    return tf.reshape(
      dy,
      shape.map((size, i) => (axes.includes(i) ? 1 : size)),
    )
  }

  define<tf.SumAttrs>(tf.Sum, {
    save: ['x'],
    gradient: (dy, [x], { axis }) => ({
      x: () => tf.broadcastTo(expand(dy, x!.shape, axis), x!.shape),
    }),
  })
  define<tf.MeanAttrs>(tf.Mean, {
    save: ['x'],
    gradient: (dy, [x], { axis }) => ({
      x: () => {
        const count = x!.size / Math.max(1, dy.size)
        return tf.broadcastTo(tf.div(expand(dy, x!.shape, axis), count), x!.shape)
      },
    }),
  })
  // Every element that equals the extreme receives the whole dy, as in tfjs.
  const extreme = <A>(name: string, axisOf: (attrs: A) => number | number[]): void =>
    define<A>(name, {
      save: ['x'],
      saveOutputs: [true],
      gradient: (dy, [x, y], attrs) => ({
        x: () => {
          const axis = axisOf(attrs)
          const chosen = tf.cast(tf.equal(x!, expand(y!, x!.shape, axis)), 'float32')
          return tf.mul(expand(dy, x!.shape, axis), chosen)
        },
      }),
    })
  extreme<tf.MaxAttrs>(tf.Max, attrs => attrs.reductionIndices)
  extreme<tf.MinAttrs>(tf.Min, attrs => attrs.axis)

  define<tf.CumsumAttrs>(tf.Cumsum, {
    gradient: (dy, _saved, { axis, exclusive, reverse }) => ({
      x: () => tf.cumsum(dy, axis, exclusive, !reverse),
    }),
  })
  define<tf.ProdAttrs>(tf.Prod, {
    save: ['x'],
    gradient: (dy, [x], { axis }) => ({
      x: () => {
        const { shape } = x!
        const axes = tf.util.parseAxisParam(axis ?? shape.map((_, i) => i), shape)
        const others = shape.map((_, i) => i).filter(i => !axes.includes(i))
        const perm = [...others, ...axes]
        const moved = tf.transpose(float(x!), perm)
        const count = axes.reduce((product, i) => product * shape[i]!, 1)
        const rows = tf.reshape(moved, [-1, count])
        // The product of all others, which x in the denominator would not give where x is 0.
        const rest = tf.mul(tf.cumprod(rows, 1, true), tf.cumprod(rows, 1, true, true))
        const gradient = tf.mul(tf.reshape(dy, [-1, 1]), rest)
        const undo = perm.map((_, i) => perm.indexOf(i))
        return tf.transpose(tf.reshape(gradient, moved.shape), undo)
      },
    }),
  })
  define<tf.TopKAttrs>(tf.TopK, {
    save: ['x'],
    saveOutputs: [false, true],
    gradients: ([dvalues], [x, indices]) => ({
      x: () => {
        const n = x!.shape.at(-1)!
        const rows = x!.size / n
        const starts = tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(n, 'int32'))
        const places = tf.add(tf.reshape(indices!, [rows, -1]), tf.reshape(starts, [rows, 1]))
        return tf.reshape(addAt(dvalues!, places, x!.size), x!.shape)
      },
    }),
  })
  define<tf.SoftmaxAttrs>(tf.Softmax, {
    saveOutputs: [true],
    gradient: (dy, [y], { dim }) => ({
      logits: () => {
        const weighted = tf.mul(dy, y!)
        return tf.sub(weighted, tf.mul(tf.sum(weighted, dim, true), y!))
      },
    }),
  })
}
