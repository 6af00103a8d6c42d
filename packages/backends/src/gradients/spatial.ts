import * as tf from '@tensorflow/tfjs-core'
import { define, runKernel, unbroadcast } from './define.ts'

/** Gradients of the kernels on images, and of batch normalization. */
export function registerSpatial(): void {
  define<tf.Conv2DAttrs>(tf.Conv2D, {
    save: ['x', 'filter'],
    gradient: (dy, [x, filter], attrs) => ({
      x: () => runKernel(tf.Conv2DBackpropInput, { dy, filter: filter! }, { ...attrs, inputShape: x!.shape }),
      filter: () =>
        runKernel(tf.Conv2DBackpropFilter, { x: x!, dy }, { ...attrs, filterShape: filter!.shape }),
    }),
  })
  define<tf.DepthwiseConv2dNativeAttrs>(tf.DepthwiseConv2dNative, {
    save: ['x', 'filter'],
    gradient: (dy, [x, filter], attrs) => ({
      x: () =>
        runKernel(
          tf.DepthwiseConv2dNativeBackpropInput,
          { dy, filter: filter! },
          { ...attrs, inputShape: x!.shape },
        ),
      filter: () =>
        runKernel(
          tf.DepthwiseConv2dNativeBackpropFilter,
          { x: x!, dy },
          { ...attrs, filterShape: filter!.shape },
        ),
    }),
  })
  define<tf.MaxPoolAttrs>(tf.MaxPool, {
    save: ['x'],
    saveOutputs: [true],
    gradient: (dy, [x, y], attrs) => ({
      x: () => runKernel(tf.MaxPoolGrad, { dy, input: x!, output: y! }, attrs),
    }),
  })
  define<tf.AvgPoolAttrs>(tf.AvgPool, {
    save: ['x'],
    gradient: (dy, [x], attrs) => ({
      x: () => {
        // Not AvgPoolGrad: on the cpu it divides by the size of a window, in TensorFlow by the part inside of the image,
        // over which the average was.
        const { filterSize, strides, pad, dimRoundingMode } = attrs
        const shape = x!.shape as [number, number, number, number]
        const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode)
        const { filterHeight, filterWidth, outHeight, outWidth } = info
        const factors = new Float32Array(outHeight * outWidth)
        for (let row = 0; row < outHeight; row++) {
          for (let column = 0; column < outWidth; column++) {
            const height = inside(row * info.strideHeight - info.padInfo.top, filterHeight, info.inHeight)
            const width = inside(column * info.strideWidth - info.padInfo.left, filterWidth, info.inWidth)
            factors[row * outWidth + column] = 1 / (height * width)
          }
        }
        const shares = tf.mul(dy, tf.tensor4d(factors, [1, outHeight, outWidth, 1]))
        const filter = tf.ones([filterHeight, filterWidth, info.inChannels, 1])
        const convolution = { strides, pad, dilations: 1, dimRoundingMode, inputShape: shape }
        return runKernel(tf.DepthwiseConv2dNativeBackpropInput, { dy: shares, filter }, convolution)
      },
    }),
  })
  define<tf.FusedBatchNormAttrs>(tf.FusedBatchNorm, {
    save: ['x', 'mean', 'variance', 'scale'],
    gradient: (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
      const deviation = tf.rsqrt(tf.add(variance!, varianceEpsilon))
      const centered = tf.sub(x!, mean!)
      const scaled = tf.mul(dy, tf.mul(scale!, deviation))
      const cubed = tf.mul(tf.square(deviation), -0.5)
      return {
        x: () => scaled,
        mean: () => unbroadcast(tf.neg(scaled), mean!.shape),
        variance: () => unbroadcast(tf.mul(tf.mul(scaled, centered), cubed), variance!.shape),
        scale: () => unbroadcast(tf.mul(dy, tf.mul(centered, deviation)), scale!.shape),
        offset: () => unbroadcast(dy, scale!.shape),
      }
    },
  })
  define<tf.DepthToSpaceAttrs>(tf.DepthToSpace, {
    save: ['x'],
    gradient: (dy, [x], { blockSize: b }) => ({
      x: () => {
        const [n, h, w, c] = x!.shape as [number, number, number, number]
        const blocks = tf.reshape(dy, [n, h, b, w, b, c / b / b])
        return tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), x!.shape)
      },
    }),
  })
  define<tf.BatchToSpaceNDAttrs>(tf.BatchToSpaceND, {
    gradient: (dy, _saved, { blockShape, crops }) => ({ x: () => tf.spaceToBatchND(dy, blockShape, crops) }),
  })
  define<tf.SpaceToBatchNDAttrs>(tf.SpaceToBatchND, {
    gradient: (dy, _saved, { blockShape, paddings }) => ({
      x: () => tf.batchToSpaceND(dy, blockShape, paddings),
    }),
  })
}

/** How much of a window that starts at `from` lies inside of `size`. */
function inside(from: number, length: number, size: number): number {
  return Math.min(from + length, size) - Math.max(from, 0)
}
