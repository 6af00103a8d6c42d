import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { define } from './define.ts'

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
