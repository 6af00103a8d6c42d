import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, reshape, transpose } from '../../graph/operations.ts'
import { sizeOf } from '../../tree.ts'
import { type KernelContext, translate, unsupportedType } from '../kernel.ts'
import { activate } from './product.ts'
import { pad, slice } from './shape.ts'

type Conv2DInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>
type Four = [number, number, number, number]

/** Kernels on images: convolutions, pools and resizing. tfjs has channels last, ONNX first. */
export function translateSpatial(): void {
  translate<tf.Conv2DAttrs>(tf.Conv2D, context => convolve(context, convInfo(context, 'x')))
  translate<tf.FusedConv2DAttrs>(tf.FusedConv2D, context => {
    const product = convolve(context, convInfo(context, 'x'))
    return activate(context, addBias(context, product))
  })
  translate<tf.DepthwiseConv2dNativeAttrs>(tf.DepthwiseConv2dNative, context =>
    convolveDepthwise(context, convInfo(context, 'x', true)),
  )
  translate<tf.FusedDepthwiseConv2DAttrs>(tf.FusedDepthwiseConv2D, context => {
    const product = convolveDepthwise(context, convInfo(context, 'x', true))
    return activate(context, addBias(context, product))
  })
  translate<tf.Conv2DBackpropInputAttrs>(tf.Conv2DBackpropInput, context => {
    const { graph, input, attrs } = context
    const info = infoOf(context, attrs.inputShape as Four, input('filter').shape as Four)
    const weights = transpose(graph, input('filter'), [3, 2, 0, 1])
    return transposedConvolution(graph, input('dy'), weights, info)
  })
  translate<tf.DepthwiseConv2dNativeBackpropInputAttrs>(tf.DepthwiseConv2dNativeBackpropInput, context => {
    const { graph, input, attrs } = context
    const info = infoOf(context, attrs.inputShape as Four, input('filter').shape as Four, true)
    return depthwiseInputGradient(graph, input('dy'), input('filter'), info)
  })
  translate<tf.Conv2DBackpropFilterAttrs>(tf.Conv2DBackpropFilter, context => {
    const { graph, input, attrs } = context
    const info = infoOf(context, input('x').shape as Four, attrs.filterShape as Four)
    // Every channel of x with every channel of dy, summed over batch and positions: a convolution whose batch are the
    // channels, and whose steps and dilations change places.
    const [x, dy] = [transpose(graph, input('x'), [3, 0, 1, 2]), transpose(graph, input('dy'), [3, 0, 1, 2])]
    const made = filterGradient(graph, x, dy, info, 1, [info.inChannels, info.outChannels])
    return transpose(graph, made, [2, 3, 0, 1])
  })
  translate<tf.DepthwiseConv2dNativeBackpropFilterAttrs>(tf.DepthwiseConv2dNativeBackpropFilter, context => {
    const { graph, input, attrs } = context
    const info = infoOf(context, input('x').shape as Four, attrs.filterShape as Four, true)
    const { inChannels, outChannels, batchSize, inHeight, inWidth } = info
    const groups = reshape(graph, transpose(graph, input('x'), [3, 0, 1, 2]), [
      1,
      inChannels * batchSize,
      inHeight,
      inWidth,
    ])
    const dy = transpose(graph, input('dy'), [3, 0, 1, 2])
    const made = filterGradient(graph, groups, dy, info, inChannels, [1, outChannels])
    const [, , height, width] = made.shape as Four
    const split = reshape(graph, made, [inChannels, outChannels / inChannels, height, width])
    return transpose(graph, split, [2, 3, 0, 1])
  })

  translate<tf.MaxPoolAttrs>(tf.MaxPool, context => pool(context, 'MaxPool'))
  translate<tf.AvgPoolAttrs>(tf.AvgPool, context => pool(context, 'AveragePool'))
  translate<tf.MaxPoolGradAttrs>(tf.MaxPoolGrad, context => {
    const { graph, input } = context
    const [dy, y] = [input('dy'), input('output')]
    const info = poolInfo(context, input('input').shape as Four)
    const padded = pad(
      graph,
      input('input'),
      paddings(info),
      'constant',
      graph.scalar(Number.NEGATIVE_INFINITY),
    )
    let free: Value | undefined
    // The first of equal elements has the whole gradient, as in tfjs.
    return gatherWindows(graph, info, offset => {
      const equal = binary(graph, 'Equal', windowOf(graph, padded, info, offset), y, 'bool')
      const hit = free ? binary(graph, 'And', equal, free, 'bool') : equal
      const missed = graph.node('Not', [equal], equal)
      free = free ? binary(graph, 'And', free, missed, 'bool') : missed
      return graph.node('Where', [hit, dy, graph.scalar(0)], dy)
    })
  })
  translate<tf.AvgPoolGradAttrs>(tf.AvgPoolGrad, context => {
    const { graph, input } = context
    const info = poolInfo(context, input('input').shape as Four)
    const share = binary(graph, 'Div', input('dy'), graph.scalar(info.filterHeight * info.filterWidth))
    return gatherWindows(graph, info, () => share)
  })

  for (const [kernel, mode] of [
    [tf.ResizeBilinear, 'linear'],
    [tf.ResizeNearestNeighbor, 'nearest'],
  ] as const) {
    translate<tf.ResizeBilinearAttrs>(kernel, ({ graph, input, attrs }) => {
      const { alignCorners, halfPixelCenters, size } = attrs
      const x = toChannelsFirst(graph, input('images'))
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

const toChannelsFirst = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 3, 1, 2])
const toChannelsLast = (graph: GraphBuilder, x: Value): Value => transpose(graph, x, [0, 2, 3, 1])

function channelsFirst(kernel: string): Error {
  return unsupportedType(kernel, 'images with channels first', 'Transpose them to NHWC.')
}

interface ConvAttrs {
  strides: number | [number, number]
  pad: 'valid' | 'same' | number | unknown[]
  dataFormat?: string
  dilations?: number | [number, number]
  dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

function convInfo(context: KernelContext<unknown>, name: string, depthwise = false): Conv2DInfo {
  return infoOf(context, context.input(name).shape as Four, context.input('filter').shape as Four, depthwise)
}

function infoOf(
  { name, attrs }: Pick<KernelContext<unknown>, 'name' | 'attrs'>,
  shape: Four,
  filter: Four,
  depthwise = false,
): Conv2DInfo {
  const { strides, pad: padding, dataFormat = 'NHWC', dilations, dimRoundingMode } = attrs as ConvAttrs
  if (dataFormat !== 'NHWC') throw channelsFirst(name)
  return tf.backend_util.computeConv2DInfo(
    shape,
    filter,
    strides,
    dilations ?? 1,
    padding as 'same',
    dimRoundingMode,
    depthwise,
  )
}

/** What of an image is read before its first and after its last row and column, by the windows that there are. */
function edges({ padInfo, ...info }: Conv2DInfo): [before: [number, number], after: [number, number]] {
  const after = (out: number, stride: number, extent: number, size: number, before: number): number =>
    Math.max(0, (out - 1) * stride + extent - size - before)
  return [
    [padInfo.top, padInfo.left],
    [
      after(info.outHeight, info.strideHeight, info.effectiveFilterHeight, info.inHeight, padInfo.top),
      after(info.outWidth, info.strideWidth, info.effectiveFilterWidth, info.inWidth, padInfo.left),
    ],
  ]
}

function paddings(info: Conv2DInfo): [number, number][] {
  const [before, after] = edges(info)
  return [
    [0, 0],
    [before[0], after[0]],
    [before[1], after[1]],
    [0, 0],
  ]
}

function convolve({ graph, input }: KernelContext<unknown>, info: Conv2DInfo): Value {
  return convolution(graph, input('x'), transpose(graph, input('filter'), [3, 2, 0, 1]), info, 1)
}

function convolveDepthwise({ graph, input }: KernelContext<unknown>, info: Conv2DInfo): Value {
  return convolution(graph, input('x'), depthwiseWeights(graph, input('filter')), info, info.inChannels)
}

/** [height, width, channels, multiplier] as ONNX's [channels * multiplier, 1, height, width]. */
function depthwiseWeights(graph: GraphBuilder, filter: Value): Value {
  const [h, w, c, m] = filter.shape as Four
  return reshape(graph, transpose(graph, filter, [2, 3, 0, 1]), [c * m, 1, h, w])
}

function convolution(graph: GraphBuilder, x: Value, weights: Value, info: Conv2DInfo, group: number): Value {
  const [before, after] = edges(info)
  const attributes = {
    group: { int: group },
    strides: { ints: [info.strideHeight, info.strideWidth] },
    dilations: { ints: [info.dilationHeight, info.dilationWidth] },
    pads: { ints: [...before, ...after] },
  }
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth]
  const made = graph.node(
    'Conv',
    [toChannelsFirst(graph, x), weights],
    { type: x.type, shape },
    { attributes },
  )
  return toChannelsLast(graph, made)
}

function transposedConvolution(graph: GraphBuilder, dy: Value, weights: Value, info: Conv2DInfo): Value {
  const [before, after] = edges(info)
  const rest = (size: number, out: number, stride: number, extent: number, both: number): number =>
    size - (stride * (out - 1) + extent - both)
  const attributes = {
    strides: { ints: [info.strideHeight, info.strideWidth] },
    dilations: { ints: [info.dilationHeight, info.dilationWidth] },
    pads: { ints: [...before, ...after] },
  }
  // Rows and columns that no window reads have the gradient 0, and are appended: ONNX allows fewer than a stride of them.
  const missing = [
    rest(info.inHeight, info.outHeight, info.strideHeight, info.effectiveFilterHeight, before[0] + after[0]),
    rest(info.inWidth, info.outWidth, info.strideWidth, info.effectiveFilterWidth, before[1] + after[1]),
  ] as const
  const shape = [info.batchSize, info.inChannels, info.inHeight - missing[0], info.inWidth - missing[1]]
  const made = graph.node(
    'ConvTranspose',
    [toChannelsFirst(graph, dy), weights],
    { type: dy.type, shape },
    { attributes },
  )
  const whole = toChannelsLast(graph, made)
  if (missing[0] === 0 && missing[1] === 0) return whole
  const amounts: [number, number][] = [
    [0, 0],
    [0, missing[0]],
    [0, missing[1]],
    [0, 0],
  ]
  return pad(graph, whole, amounts, 'constant', graph.scalar(0))
}

/**
 * A convolution of the gradient, its elements a stride apart, with the filter turned around. ONNX's ConvTranspose would do
 * it, but with several groups ONNX Runtime's for WebGPU is wrong (1.30).
 */
function depthwiseInputGradient(graph: GraphBuilder, dy: Value, filter: Value, info: Conv2DInfo): Value {
  const [h, w, c, m] = filter.shape as Four
  const flipped = slice(graph, filter, [h - 1, w - 1, 0, 0], [-h - 1, -w - 1, c, m], [-1, -1, 1, 1])
  const spread = spreadOut(graph, dy, [info.strideHeight, info.strideWidth])
  const [extentH, extentW] = [info.effectiveFilterHeight - 1, info.effectiveFilterWidth - 1]
  const [top, left] = [extentH - info.padInfo.top, extentW - info.padInfo.left]
  const amounts: [number, number][] = [
    [0, 0],
    [top, info.inHeight + extentH - top - spread.shape[1]!],
    [left, info.inWidth + extentW - left - spread.shape[2]!],
    [0, 0],
  ]
  const padded = pad(graph, spread, amounts, 'constant', graph.scalar(0))
  const attributes = {
    group: { int: c },
    dilations: { ints: [info.dilationHeight, info.dilationWidth] },
  }
  const shape = [info.batchSize, c, info.inHeight, info.inWidth]
  const weights = transpose(graph, flipped, [2, 3, 0, 1])
  const made = graph.node(
    'Conv',
    [toChannelsFirst(graph, padded), weights],
    { type: dy.type, shape },
    { attributes },
  )
  return toChannelsLast(graph, made)
}

/** The sums of products of x and dy for each element of the filter: `[...leading, filterHeight, filterWidth]`. */
function filterGradient(
  graph: GraphBuilder,
  x: Value,
  dy: Value,
  info: Conv2DInfo,
  group: number,
  leading: readonly [number, number],
): Value {
  const [before, after] = edges(info)
  const attributes = {
    group: { int: group },
    strides: { ints: [info.dilationHeight, info.dilationWidth] },
    dilations: { ints: [info.strideHeight, info.strideWidth] },
    pads: { ints: [...before, ...after] },
  }
  const size = (all: number, both: number, out: number, stride: number, dilation: number): number =>
    Math.floor((all + both - ((out - 1) * stride + 1)) / dilation) + 1
  const shape = [
    ...leading,
    size(info.inHeight, before[0] + after[0], info.outHeight, info.strideHeight, info.dilationHeight),
    size(info.inWidth, before[1] + after[1], info.outWidth, info.strideWidth, info.dilationWidth),
  ]
  const made = graph.node('Conv', [x, dy], { type: x.type, shape }, { attributes })
  const end = [...leading, info.filterHeight, info.filterWidth]
  return slice(
    graph,
    made,
    end.map(() => 0),
    end,
    end.map(() => 1),
  )
}

function addBias({ graph, input, has }: KernelContext<unknown>, x: Value): Value {
  return has('bias') ? binary(graph, 'Add', x, input('bias')) : x
}

function poolInfo({ attrs }: KernelContext<unknown>, shape: Four): Conv2DInfo {
  const { filterSize, strides, pad: padding, dimRoundingMode } = attrs as tf.MaxPoolAttrs
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, padding as 'same', dimRoundingMode)
}

function pool(context: KernelContext<unknown>, op: 'MaxPool' | 'AveragePool'): Value {
  const { graph, input } = context
  const info = poolInfo(context, input('x').shape as Four)
  const [before, after] = edges(info)
  const attributes = {
    kernel_shape: { ints: [info.filterHeight, info.filterWidth] },
    strides: { ints: [info.strideHeight, info.strideWidth] },
    pads: { ints: [...before, ...after] },
  }
  const x = toChannelsFirst(graph, input('x'))
  const shape = [info.batchSize, info.outChannels, info.outHeight, info.outWidth]
  return toChannelsLast(graph, graph.node(op, [x], { type: x.type, shape }, { attributes }))
}

/** For each output position the element of its window at an offset. */
function windowOf(
  graph: GraphBuilder,
  padded: Value,
  info: Conv2DInfo,
  [row, column]: [number, number],
): Value {
  const [n, , , c] = padded.shape as Four
  const end = (from: number, out: number, stride: number): number => from + (out - 1) * stride + 1
  return slice(
    graph,
    padded,
    [0, row, column, 0],
    [n, end(row, info.outHeight, info.strideHeight), end(column, info.outWidth, info.strideWidth), c],
    [1, info.strideHeight, info.strideWidth, 1],
  )
}

/** Adds up, at each position of the image, what `part` gives for the windows that read it, offset by offset. */
function gatherWindows(
  graph: GraphBuilder,
  info: Conv2DInfo,
  part: (offset: [number, number]) => Value,
): Value {
  const [[top, left], [bottom, right]] = edges(info)
  const [height, width] = [info.inHeight + top + bottom, info.inWidth + left + right]
  const parts: Value[] = []
  for (let row = 0; row < info.filterHeight; row++) {
    for (let column = 0; column < info.filterWidth; column++) {
      const spread = spreadOut(graph, part([row, column]), [info.strideHeight, info.strideWidth])
      const amounts: [number, number][] = [
        [0, 0],
        [row, height - row - spread.shape[1]!],
        [column, width - column - spread.shape[2]!],
        [0, 0],
      ]
      parts.push(pad(graph, spread, amounts, 'constant', graph.scalar(0)))
    }
  }
  const sum = parts.length === 1 ? parts[0]! : graph.node('Sum', parts, parts[0]!)
  return slice(
    graph,
    sum,
    [0, top, left, 0],
    [info.batchSize, top + info.inHeight, left + info.inWidth, info.inChannels],
    [1, 1, 1, 1],
  )
}

/** Rows and columns with zeros in between, so that they are a stride apart. */
function spreadOut(graph: GraphBuilder, x: Value, [rows, columns]: [number, number]): Value {
  if (rows === 1 && columns === 1) return x
  const [n, h, w, c] = x.shape as Four
  const cells = reshape(graph, x, [n, h, 1, w, 1, c])
  const amounts: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, rows - 1],
    [0, 0],
    [0, columns - 1],
    [0, 0],
  ]
  const filled = reshape(graph, pad(graph, cells, amounts, 'constant', graph.scalar(0)), [
    n,
    h * rows,
    w * columns,
    c,
  ])
  return slice(graph, filled, [0, 0, 0, 0], [n, (h - 1) * rows + 1, (w - 1) * columns + 1, c], [1, 1, 1, 1])
}
