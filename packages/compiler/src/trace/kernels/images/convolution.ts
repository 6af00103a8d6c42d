import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../../graph/graph.ts'
import type { GraphBuilder } from '../../../graph/graph-builder.ts'
import { binary, reshape, transpose } from '../../../graph/operations.ts'
import { type KernelContext, translate } from '../../kernel.ts'
import { activate } from '../product.ts'
import { pad, slice } from '../shape.ts'
import { convGeometry, type Geometry, toChannelsFirst, toChannelsLast, windowAttributes } from './geometry.ts'
import { spreadOut } from './windows.ts'

type Four = [number, number, number, number]

/** Convolutions of images and volumes, and their gradients. */
export function translateConvolution(): void {
  translate(tf.Conv2D, convolve)
  translate(tf.Conv3D, convolve)
  translate<tf.FusedConv2DAttrs>(tf.FusedConv2D, context =>
    activate(context, addBias(context, convolve(context))),
  )
  translate(tf.DepthwiseConv2dNative, convolveDepthwise)
  translate<tf.FusedDepthwiseConv2DAttrs>(tf.FusedDepthwiseConv2D, context =>
    activate(context, addBias(context, convolveDepthwise(context))),
  )

  for (const kernel of [tf.Conv2DBackpropInput, tf.Conv3DBackpropInputV2]) {
    translate<{ inputShape: number[] }>(kernel, context => {
      const { graph, input, attrs } = context
      const filter = input('filter')
      const geometry = convGeometry(context, attrs.inputShape, filter.shape)
      return transposedConvolution(graph, input('dy'), outputFirst(graph, filter), geometry)
    })
  }
  translate<tf.DepthwiseConv2dNativeBackpropInputAttrs>(tf.DepthwiseConv2dNativeBackpropInput, context => {
    const { graph, input, attrs } = context
    const geometry = convGeometry(context, attrs.inputShape, input('filter').shape, true)
    return depthwiseInputGradient(graph, input('dy'), input('filter'), geometry)
  })
  for (const kernel of [tf.Conv2DBackpropFilter, tf.Conv3DBackpropFilterV2]) {
    translate<{ filterShape: number[] }>(kernel, context => {
      const { graph, input, attrs } = context
      const geometry = convGeometry(context, input('x').shape, attrs.filterShape)
      // Every channel of x with every channel of dy, summed over batch and positions: a convolution whose batch are the
      // channels, and whose steps and dilations change places.
      const channelsOut = (x: Value): Value => {
        const first = toChannelsFirst(graph, x)
        return transpose(graph, first, [1, 0, ...geometry.axes.map((_, i) => i + 2)])
      }
      const leading = [geometry.inChannels, geometry.outChannels] as const
      const made = filterGradient(
        graph,
        channelsOut(input('x')),
        channelsOut(input('dy')),
        geometry,
        1,
        leading,
      )
      return transpose(graph, made, [...geometry.axes.map((_, i) => i + 2), 0, 1])
    })
  }
  translate<tf.DepthwiseConv2dNativeBackpropFilterAttrs>(tf.DepthwiseConv2dNativeBackpropFilter, context => {
    const { graph, input, attrs } = context
    const geometry = convGeometry(context, input('x').shape, attrs.filterShape as Four, true)
    const { inChannels, outChannels, batch, axes } = geometry
    const sizes = axes.map(axis => axis.size)
    const groups = reshape(graph, transpose(graph, input('x'), [3, 0, 1, 2]), [
      1,
      inChannels * batch,
      ...sizes,
    ])
    const dy = transpose(graph, input('dy'), [3, 0, 1, 2])
    const made = filterGradient(graph, groups, dy, geometry, inChannels, [1, outChannels])
    const [, , height, width] = made.shape as Four
    const split = reshape(graph, made, [inChannels, outChannels / inChannels, height, width])
    return transpose(graph, split, [2, 3, 0, 1])
  })
}

function convolve(context: KernelContext<unknown>): Value {
  const { graph, input } = context
  const geometry = convGeometry(context, input('x').shape, input('filter').shape)
  return convolution(graph, input('x'), outputFirst(graph, input('filter')), geometry, 1)
}

function convolveDepthwise(context: KernelContext<unknown>): Value {
  const { graph, input } = context
  const geometry = convGeometry(context, input('x').shape, input('filter').shape, true)
  const [h, w, c, m] = input('filter').shape as Four
  // [height, width, channels, multiplier] as ONNX's [channels * multiplier, 1, height, width].
  const weights = reshape(graph, transpose(graph, input('filter'), [2, 3, 0, 1]), [c * m, 1, h, w])
  return convolution(graph, input('x'), weights, geometry, geometry.inChannels)
}

/** A filter [...sizes, in, out] as ONNX's [out, in, ...sizes]. */
function outputFirst(graph: GraphBuilder, filter: Value): Value {
  const rank = filter.shape.length
  return transpose(graph, filter, [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)])
}

function addBias({ graph, input, has }: KernelContext<unknown>, x: Value): Value {
  return has('bias') ? binary(graph, 'Add', x, input('bias')) : x
}

function convolution(
  graph: GraphBuilder,
  x: Value,
  weights: Value,
  geometry: Geometry,
  group: number,
): Value {
  const attributes = { group: { int: group }, ...windowAttributes(geometry) }
  const shape = [geometry.batch, geometry.outChannels, ...geometry.axes.map(axis => axis.out)]
  const made = graph.node(
    'Conv',
    [toChannelsFirst(graph, x), weights],
    { type: x.type, shape },
    { attributes },
  )
  return toChannelsLast(graph, made)
}

function transposedConvolution(graph: GraphBuilder, dy: Value, weights: Value, geometry: Geometry): Value {
  const { batch, inChannels, axes } = geometry
  // Rows and columns that no window reads have the gradient 0, and are appended: ONNX allows fewer than a stride of them.
  const missing = axes.map(
    ({ size, stride, out, extent, before, after }) => size - (stride * (out - 1) + extent - before - after),
  )
  const shape = [batch, inChannels, ...axes.map((axis, i) => axis.size - missing[i]!)]
  const made = graph.node(
    'ConvTranspose',
    [toChannelsFirst(graph, dy), weights],
    { type: dy.type, shape },
    { attributes: windowAttributes(geometry) },
  )
  const whole = toChannelsLast(graph, made)
  if (missing.every(count => count === 0)) return whole
  const amounts = [0, ...missing, 0].map((count): [number, number] => [0, count])
  return pad(graph, whole, amounts, 'constant', graph.scalar(0))
}

/**
 * A convolution of the gradient, its elements a stride apart, with the filter turned around. ONNX's ConvTranspose would do
 * it, but with several groups ONNX Runtime's for WebGPU is wrong (1.30).
 */
function depthwiseInputGradient(graph: GraphBuilder, dy: Value, filter: Value, geometry: Geometry): Value {
  const { batch, axes } = geometry
  const [h, w, c, m] = filter.shape as Four
  const flipped = slice(graph, filter, [h - 1, w - 1, 0, 0], [-h - 1, -w - 1, c, m], [-1, -1, 1, 1])
  const spread = spreadOut(graph, dy, geometry)
  const amounts = axes.map(({ size, extent, before }, i): [number, number] => {
    const first = extent - 1 - before
    return [first, size + extent - 1 - first - spread.shape[i + 1]!]
  })
  const padded = pad(graph, spread, [[0, 0], ...amounts, [0, 0]], 'constant', graph.scalar(0))
  const attributes = { group: { int: c }, dilations: { ints: axes.map(axis => axis.dilation) } }
  const shape = [batch, c, ...axes.map(axis => axis.size)]
  const weights = transpose(graph, flipped, [2, 3, 0, 1])
  const spec = { type: dy.type, shape }
  const made = graph.node('Conv', [toChannelsFirst(graph, padded), weights], spec, { attributes })
  return toChannelsLast(graph, made)
}

/** The sums of products of x and dy for each element of the filter: `[...leading, ...filter sizes]`. */
function filterGradient(
  graph: GraphBuilder,
  x: Value,
  dy: Value,
  geometry: Geometry,
  group: number,
  leading: readonly [number, number],
): Value {
  const { strides, dilations, pads } = windowAttributes(geometry)
  const attributes = { group: { int: group }, strides: dilations, dilations: strides, pads }
  const sizes = geometry.axes.map(
    ({ size, before, after, out, stride, dilation }) =>
      Math.floor((size + before + after - ((out - 1) * stride + 1)) / dilation) + 1,
  )
  const shape = [...leading, ...sizes]
  const made = graph.node('Conv', [x, dy], { type: x.type, shape }, { attributes })
  const end = [...leading, ...geometry.axes.map(axis => axis.filter)]
  return slice(
    graph,
    made,
    end.map(() => 0),
    end,
    end.map(() => 1),
  )
}
