import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { define, runKernel } from './define.ts'

type Four = [number, number, number, number]

/** Gradients of resizing, of dilation, of normalization over channels, and of a convolution's own gradient. */
export function registerImages(): void {
  for (const kernel of [tf.ResizeBilinear, tf.ResizeNearestNeighbor]) {
    define<tf.ResizeBilinearAttrs>(kernel, {
      save: ['images'],
      gradient: (dy, [images], attrs) => ({
        images: () => {
          // Resizing is a product with a matrix on each side, and so is its gradient. tfjs's kernels for it confuse height and
          // width, and know no half pixels.
          const [, height, width] = images!.shape as Four
          const [, outHeight, outWidth] = dy.shape as Four
          const linear = kernel === tf.ResizeBilinear
          const rows = resizeMatrix(outHeight, height, linear, attrs)
          const columns = resizeMatrix(outWidth, width, linear, attrs)
          const channelsFirst = tf.transpose(dy, [0, 3, 1, 2])
          const tall = tf.matMul(rows, channelsFirst, true)
          return tf.transpose(tf.matMul(tall, columns), [0, 2, 3, 1])
        },
      }),
    })
  }
  define<tf.Dilation2DAttrs>(tf.Dilation2D, {
    save: ['x', 'filter'],
    gradient: (dy, [x, filter], attrs) => {
      const inputs = { x: x!, filter: filter!, dy }
      return {
        x: () => runKernel(tf.Dilation2DBackpropInput, inputs, attrs),
        filter: () => runKernel(tf.Dilation2DBackpropFilter, inputs, attrs),
      }
    },
  })
  define<tf.LRNAttrs>(tf.LRN, {
    save: ['x'],
    gradient: (dy, [x], { depthRadius, bias, alpha, beta }) => ({
      x: () => {
        const c = x!.shape[3]!
        // With n_i = bias + alpha * (the sum of x_j² nearby), y_i = x_i n_i^-beta.
        const band = Float32Array.from({ length: c * c }, (_, i) =>
          Number(Math.abs(Math.floor(i / c) - (i % c)) <= depthRadius),
        )
        const nearby = (t: Tensor): Tensor =>
          tf.reshape(tf.matMul(tf.reshape(t, [-1, c]), tf.tensor2d(band, [c, c])), t.shape)
        const norm = tf.add(tf.mul(nearby(tf.square(x!)), alpha), bias)
        const direct = tf.mul(dy, tf.pow(norm, -beta))
        const spread = nearby(tf.div(tf.mul(direct, x!), norm))
        return tf.sub(direct, tf.mul(tf.mul(x!, spread), 2 * alpha * beta))
      },
    }),
  })
  define<tf.Conv2DBackpropInputAttrs>(tf.Conv2DBackpropInput, {
    save: ['dy', 'filter'],
    gradient: (ddx, [dy, filter], { inputShape: _, ...attrs }) => ({
      dy: () => runKernel(tf.Conv2D, { x: ddx, filter: filter! }, { dilations: 1, ...attrs }),
      filter: () =>
        runKernel(tf.Conv2DBackpropFilter, { x: ddx, dy: dy! }, { ...attrs, filterShape: filter!.shape }),
    }),
  })
}

/** [out, size]: what each element of an axis of the result takes of the elements of the image. */
function resizeMatrix(
  out: number,
  size: number,
  linear: boolean,
  { alignCorners, halfPixelCenters }: tf.ResizeBilinearAttrs,
): tf.Tensor2D {
  const scale = alignCorners && out > 1 ? (size - 1) / (out - 1) : size / out
  const weights = new Float32Array(out * size)
  const within = (i: number): number => Math.max(0, Math.min(size - 1, i))
  for (let i = 0; i < out; i++) {
    if (linear) {
      const at = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i
      const first = within(Math.floor(at))
      weights[i * size + first]! += 1 - (at - first)
      weights[i * size + within(Math.ceil(at))]! += at - first
    } else {
      const at = halfPixelCenters ? scale * (i + 0.5) : scale * i
      weights[i * size + within(alignCorners ? Math.round(at) : Math.floor(at))] = 1
    }
  }
  return tf.tensor2d(weights, [out, size])
}
