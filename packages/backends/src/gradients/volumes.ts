import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { addAt, define, runKernel } from './define.ts'

type Five = [number, number, number, number, number]

/** Gradients of the kernels on volumes. */
export function registerVolumes(): void {
  define<tf.Conv3DAttrs>(tf.Conv3D, {
    save: ['x', 'filter'],
    gradient: (dy, [x, filter], attrs) => ({
      x: () =>
        runKernel(tf.Conv3DBackpropInputV2, { dy, filter: filter! }, { ...attrs, inputShape: x!.shape }),
      filter: () =>
        runKernel(tf.Conv3DBackpropFilterV2, { x: x!, dy }, { ...attrs, filterShape: filter!.shape }),
    }),
  })
  define<tf.AvgPool3DAttrs>(tf.AvgPool3D, {
    save: ['x'],
    gradient: (dy, [x], attrs) => ({
      x: () => {
        // The average was over the part of a window inside of the volume. By that TensorFlow's AvgPool3DGrad divides, the
        // cpu's by the size of the window: here every window is inside, of the padded volume.
        const axes = axesOf(x!.shape as Five, attrs)
        const sizes = axes.map(({ size, out, filter, stride, before }) =>
          Float32Array.from({ length: out }, (_, i) => {
            const from = i * stride - before
            return filter / (Math.min(from + filter, size) - Math.max(from, 0))
          }),
        )
        const shape = (axis: number): number[] =>
          [0, 1, 2, 3, 4].map(i => (i === axis + 1 ? axes[axis]!.out : 1))
        const scaled = sizes.reduce<Tensor>((all, size, i) => tf.mul(all, tf.tensor(size, shape(i))), dy)
        const [n, ...rest] = x!.shape as Five
        const padded = axes.map(({ size, out, filter, stride, before, after }) =>
          Math.max(size + before + after, (out - 1) * stride + filter),
        )
        const input = tf.zeros([n, ...padded, rest[3]])
        const whole = runKernel(tf.AvgPool3DGrad, { dy: scaled, input }, { ...attrs, pad: 'valid' })
        return tf.slice(whole, [0, ...axes.map(({ before }) => before), 0], x!.shape)
      },
    }),
  })
  define<tf.MaxPool3DAttrs>(tf.MaxPool3D, {
    save: ['x'],
    saveOutputs: [true],
    gradient: (dy, [x, y], attrs) => ({
      x: () => {
        const axes = axesOf(x!.shape as Five, attrs)
        // The cpu's kernel confuses height and width.
        if (axes[1].filter === axes[2].filter)
          return runKernel(tf.MaxPool3DGrad, { dy, input: x!, output: y! }, attrs)
        return tf.reshape(addAt(dy, highestPlaces(x!, y!, axes), x!.size), x!.shape)
      },
    }),
  })
}

interface Axis {
  size: number
  out: number
  filter: number
  stride: number
  before: number
  after: number
}

function axesOf(shape: Five, attrs: tf.AvgPool3DAttrs): [Axis, Axis, Axis] {
  const { filterSize, strides, pad, dimRoundingMode } = attrs
  const i = tf.backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
  const axis = (
    ...[size, out, filter, stride, before, after]: [number, number, number, number, number, number]
  ): Axis => {
    return { size, out, filter, stride, before, after }
  }
  return [
    axis(i.inDepth, i.outDepth, i.filterDepth, i.strideDepth, i.padInfo.front, i.padInfo.back),
    axis(i.inHeight, i.outHeight, i.filterHeight, i.strideHeight, i.padInfo.top, i.padInfo.bottom),
    axis(i.inWidth, i.outWidth, i.filterWidth, i.strideWidth, i.padInfo.left, i.padInfo.right),
  ]
}

/** The place in `x` of the first element of each window that equals its maximum. */
function highestPlaces(x: Tensor, y: Tensor, axes: readonly Axis[]): Tensor {
  const amounts = axes.map(({ size, out, filter, stride, before }): [number, number] => [
    before,
    Math.max(0, (out - 1) * stride + filter - size - before),
  ])
  const paddings: [number, number][] = [[0, 0], ...amounts, [0, 0]]
  const values = tf.pad(x, paddings, Number.NEGATIVE_INFINITY)
  const numbers = tf.pad(tf.reshape(tf.range(0, x.size, 1, 'int32'), x.shape), paddings, -1)
  const [n, c] = [x.shape[0]!, x.shape[4]!]
  let places = tf.fill(y.shape, -1, 'int32')
  for (const offset of offsetsOf(axes)) {
    const end = axes.map(({ out, stride }, i) => offset[i]! + (out - 1) * stride + 1)
    const window = (t: Tensor): Tensor =>
      tf.stridedSlice(t, [0, ...offset, 0], [n, ...end, c], [1, ...axes.map(axis => axis.stride), 1])
    const hit = tf.logicalAnd(tf.less(places, 0), tf.equal(window(values), y))
    places = tf.where(hit, window(numbers), places)
  }
  return places
}

function offsetsOf(axes: readonly Axis[]): number[][] {
  return axes.reduce<number[][]>(
    (all, { filter }) => all.flatMap(o => Array.from({ length: filter }, (_, i) => [...o, i])),
    [[]],
  )
}
