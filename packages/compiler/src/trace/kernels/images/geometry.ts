import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../../graph/graph.ts'
import type { GraphBuilder } from '../../../graph/graph-builder.ts'
import { transpose } from '../../../graph/operations.ts'
import { type KernelContext, unsupportedType } from '../../kernel.ts'

/** One spatial axis of a convolution or a pool. */
export interface Axis {
  /** Elements of the input and of the output. */
  readonly size: number
  readonly out: number
  /** Elements of the filter, and how many of the input it spans. */
  readonly filter: number
  readonly extent: number
  readonly stride: number
  readonly dilation: number
  /** What is read before the first element, and after the last by the windows that there are. */
  readonly before: number
  readonly after: number
}

/** A convolution or a pool over any number of spatial axes; tfjs has channels last, ONNX first. */
export interface Geometry {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly axes: readonly Axis[]
}

/** Attributes of tfjs's convolutions and pools. */
export interface WindowAttrs {
  readonly filterSize?: number | number[]
  readonly strides: number | number[]
  readonly pad: unknown
  readonly dataFormat?: string
  readonly dilations?: number | number[]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

type Context = Pick<KernelContext<unknown>, 'name' | 'attrs'>
type Info2D = ReturnType<typeof tf.backend_util.computeConv2DInfo>
type Info3D = ReturnType<typeof tf.backend_util.computeConv3DInfo>

/** The geometry of a convolution of images (rank 4) or volumes (rank 5). */
export function convGeometry(
  { name, attrs }: Context,
  shape: readonly number[],
  filter: readonly number[],
  depthwise = false,
): Geometry {
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as WindowAttrs
  const [x, w, s, d] = [[...shape], [...filter], strides, dilations ?? 1] as unknown as [
    never,
    never,
    never,
    never,
  ]
  if (shape.length === 5) {
    if (dataFormat !== undefined && dataFormat !== 'NDHWC') throw channelsFirst(name)
    return ofInfo3D(tf.backend_util.computeConv3DInfo(x, w, s, d, pad as 'same'))
  }
  if (dataFormat !== undefined && dataFormat !== 'NHWC') throw channelsFirst(name)
  return ofInfo2D(tf.backend_util.computeConv2DInfo(x, w, s, d, pad as 'same', dimRoundingMode, depthwise))
}

/** The geometry of a pool of images (rank 4) or volumes (rank 5). */
export function poolGeometry({ name, attrs }: Context, shape: readonly number[]): Geometry {
  const { filterSize, strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as WindowAttrs
  const [x, f, s, d] = [[...shape], filterSize, strides, dilations ?? 1] as unknown as [
    never,
    never,
    never,
    never,
  ]
  if (shape.length === 5) {
    if (dataFormat !== undefined && dataFormat !== 'NDHWC') throw channelsFirst(name)
    return ofInfo3D(tf.backend_util.computePool3DInfo(x, f, s, d, pad as 'same', dimRoundingMode))
  }
  return ofInfo2D(tf.backend_util.computePool2DInfo(x, f, s, d, pad as 'same', dimRoundingMode))
}

/** The geometry of a dilation by a filter of shape [height, width, channels]. */
export function dilationGeometry(
  { attrs }: Context,
  shape: readonly number[],
  filter: readonly number[],
): Geometry {
  const { strides, pad, dilations } = attrs as WindowAttrs
  const [x, w, s, d] = [[...shape], [...filter], strides, dilations] as unknown as [
    never,
    never,
    never,
    never,
  ]
  return ofInfo2D(tf.backend_util.computeDilation2DInfo(x, w, s, pad as 'same', 'NHWC', d))
}

export function channelsFirst(kernel: string): Error {
  return unsupportedType(kernel, 'images with channels first', 'Transpose them to NHWC.')
}

/** Kernel shape, strides and the like as attributes of ONNX. */
export const windowAttributes = ({
  axes,
}: Geometry): Record<'strides' | 'dilations' | 'pads', { ints: readonly number[] }> => ({
  strides: { ints: axes.map(axis => axis.stride) },
  dilations: { ints: axes.map(axis => axis.dilation) },
  pads: { ints: [...axes.map(axis => axis.before), ...axes.map(axis => axis.after)] },
})

/** Amounts to pad with for each axis of a tensor with channels last. */
export const paddings = ({ axes }: Geometry): [number, number][] => [
  [0, 0],
  ...axes.map((axis): [number, number] => [axis.before, axis.after]),
  [0, 0],
]

export function toChannelsFirst(graph: GraphBuilder, x: Value): Value {
  const last = x.shape.length - 1
  return transpose(graph, x, [0, last, ...spatial(x)])
}

export function toChannelsLast(graph: GraphBuilder, x: Value): Value {
  return transpose(graph, x, [0, ...spatial(x).map(i => i + 1), 1])
}

/** 1, 2, ... for each axis between the first and the last. */
function spatial(x: Value): number[] {
  return Array.from({ length: x.shape.length - 2 }, (_, i) => i + 1)
}

function ofInfo2D(info: Info2D): Geometry {
  return { ...sizesOf(info), axes: planeAxes(info) }
}

function ofInfo3D(info: Info3D): Geometry {
  const { inDepth, outDepth, filterDepth, strideDepth, dilationDepth, padInfo } = info
  const depth = axisOf(inDepth, outDepth, filterDepth, strideDepth, dilationDepth, padInfo.front)
  return { ...sizesOf(info), axes: [depth, ...planeAxes(info)] }
}

function sizesOf(info: Info2D | Info3D): Omit<Geometry, 'axes'> {
  return { batch: info.batchSize, inChannels: info.inChannels, outChannels: info.outChannels }
}

/** Height and width. */
function planeAxes({ padInfo, ...info }: Info2D | Info3D): Axis[] {
  const { inHeight, outHeight, filterHeight, strideHeight, dilationHeight } = info
  const { inWidth, outWidth, filterWidth, strideWidth, dilationWidth } = info
  return [
    axisOf(inHeight, outHeight, filterHeight, strideHeight, dilationHeight, padInfo.top),
    axisOf(inWidth, outWidth, filterWidth, strideWidth, dilationWidth, padInfo.left),
  ]
}

function axisOf(
  size: number,
  out: number,
  filter: number,
  stride: number,
  dilation: number,
  before: number,
): Axis {
  const extent = (filter - 1) * dilation + 1
  const after = Math.max(0, (out - 1) * stride + extent - size - before)
  return { size, out, filter, extent, stride, dilation, before, after }
}
