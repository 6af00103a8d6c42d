import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../../graph/graph.ts'
import type { GraphBuilder } from '../../../graph/graph-builder.ts'
import { cast, reshape, transpose } from '../../../graph/operations.ts'
import { sizeOf } from '../../../tree.ts'
import { translate } from '../../kernel.ts'
import { pad, slice } from '../shape.ts'
import { channelsFirst, toChannelsFirst, toChannelsLast } from './geometry.ts'

type Four = [number, number, number, number]

/** Resizing of images with its gradients, and the kernels that move blocks of them. */
export function translateResize(): void {
  for (const [kernel, mode] of [
    [tf.ResizeBilinear, 'linear'],
    [tf.ResizeNearestNeighbor, 'nearest'],
  ] as const) {
    translate<tf.ResizeBilinearAttrs>(kernel, ({ graph, input, attrs }) => {
      const { alignCorners, halfPixelCenters, size } = attrs
      const images = input('images')
      const x = toChannelsFirst(graph, mode === 'linear' ? cast(graph, images, 'float32') : images)
      const shape = [...x.shape.slice(0, 2), ...size]
      const coordinates = alignCorners ? 'align_corners' : halfPixelCenters ? 'half_pixel' : 'asymmetric'
      const attributes = {
        mode: { string: mode },
        coordinate_transformation_mode: { string: coordinates },
        ...(mode === 'nearest' && {
          nearest_mode: { string: alignCorners || halfPixelCenters ? 'round_prefer_ceil' : 'floor' },
        }),
      }
      const resized = graph.node(
        'Resize',
        [x, null, null, graph.ints(shape)],
        { type: x.type, shape },
        { attributes },
      )
      return toChannelsLast(graph, resized)
    })
  }
  for (const kernel of [tf.ResizeBilinearGrad, tf.ResizeNearestNeighborGrad]) {
    translate<tf.ResizeBilinearGradAttrs>(kernel, ({ graph, input, attrs: { alignCorners } }) => {
      const [, height, width] = input('images').shape as Four
      const linear = kernel === tf.ResizeBilinearGrad
      const dy = toChannelsFirst(graph, input('dy'))
      const [n, c, outHeight, outWidth] = dy.shape as Four
      // Resizing is a product with a matrix on each side; so is its gradient, with the matrices transposed.
      const rows = resizeMatrix(graph, outHeight, height, linear, alignCorners)
      const columns = resizeMatrix(graph, outWidth, width, linear, alignCorners)
      const spec = (...sizes: number[]) => ({ type: dy.type, shape: [n, c, ...sizes] })
      const tall = graph.node('MatMul', [transpose(graph, rows, [1, 0]), dy], spec(height, outWidth))
      return toChannelsLast(graph, graph.node('MatMul', [tall, columns], spec(height, width)))
    })
  }

  translate<tf.DepthToSpaceAttrs>(
    tf.DepthToSpace,
    ({ graph, input, attrs: { blockSize: b, dataFormat } }) => {
      if (dataFormat !== 'NHWC') throw channelsFirst(tf.DepthToSpace)
      const x = input('x')
      const [n, h, w, c] = x.shape as Four
      const blocks = reshape(graph, x, [n, h, w, b, b, c / b / b])
      return reshape(graph, transpose(graph, blocks, [0, 1, 3, 2, 4, 5]), [n, h * b, w * b, c / b / b])
    },
  )
  translate<tf.BatchToSpaceNDAttrs>(tf.BatchToSpaceND, ({ graph, input, attrs: { blockShape, crops } }) => {
    const x = input('x')
    const { getReshaped, getPermuted, getReshapedPermuted, getSliceBeginCoords, getSliceSize } =
      tf.backend_util
    const blocks = sizeOf(blockShape)
    const split = getReshaped([...x.shape], blockShape, blocks)
    const joined = getReshapedPermuted([...x.shape], blockShape, blocks)
    const begin = getSliceBeginCoords(crops, blockShape.length)
    const size = getSliceSize(joined, crops, blockShape.length)
    const moved = transpose(graph, reshape(graph, x, split), getPermuted(split.length, blockShape.length))
    return slice(
      graph,
      reshape(graph, moved, joined),
      joined.map((_, i) => begin[i] ?? 0),
      joined.map((length, i) => (begin[i] ?? 0) + (size[i] ?? length)),
      joined.map(() => 1),
    )
  })
  translate<tf.SpaceToBatchNDAttrs>(tf.SpaceToBatchND, ({ graph, input, attrs }) => {
    const { blockShape } = attrs
    const x = input('x')
    const { getReshaped, getPermuted, getReshapedPermuted } = tf.backend_util
    const blocks = sizeOf(blockShape)
    const amounts = x.shape.map((_, i) => (attrs.paddings[i - 1] ?? [0, 0]) as [number, number])
    const padded = pad(graph, x, amounts, 'constant', graph.scalar(0, x.type))
    const shape = [...padded.shape]
    const split = getReshaped(shape, blockShape, blocks, false)
    const perm = getPermuted(split.length, blockShape.length, false)
    const moved = transpose(graph, reshape(graph, padded, split), perm)
    return reshape(graph, moved, getReshapedPermuted(shape, blockShape, blocks, false))
  })
}

/** [out, size]: what each element of an axis of the result takes of the elements of the image, as in tfjs. */
function resizeMatrix(
  graph: GraphBuilder,
  out: number,
  size: number,
  linear: boolean,
  alignCorners: boolean,
): Value {
  const scale = alignCorners && out > 1 ? (size - 1) / (out - 1) : size / out
  const weights = new Float32Array(out * size)
  for (let i = 0; i < out; i++) {
    const at = i * scale
    if (!linear) {
      weights[i * size + Math.min(size - 1, alignCorners ? Math.round(at) : Math.floor(at))] = 1
      continue
    }
    const first = Math.floor(at)
    weights[i * size + first]! += 1 - (at - first)
    weights[i * size + Math.min(Math.ceil(at), size - 1)]! += at - first
  }
  return graph.constant(weights, 'float32', [out, size])
}
