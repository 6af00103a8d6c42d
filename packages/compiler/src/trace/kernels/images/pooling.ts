import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../../graph/graph.ts'
import type { GraphBuilder } from '../../../graph/graph-builder.ts'
import { binary, cast } from '../../../graph/operations.ts'
import { sizeOf } from '../../../tree.ts'
import { type KernelContext, translate, unsupportedType } from '../../kernel.ts'
import { pad } from '../shape.ts'
import {
  dilationGeometry,
  type Geometry,
  paddings,
  poolGeometry,
  toChannelsFirst,
  toChannelsLast,
  windowAttributes,
} from './geometry.ts'
import { firstHits, gatherWindows, offsets, windowOf } from './windows.ts'

/** Pools of images and volumes, dilation by a filter, and their gradients. */
export function translatePooling(): void {
  for (const kernel of [tf.MaxPool, tf.MaxPool3D]) translate(kernel, context => pool(context, 'MaxPool')[0]!)
  for (const kernel of [tf.AvgPool, tf.AvgPool3D])
    translate(kernel, context => pool(context, 'AveragePool')[0]!)
  for (const kernel of [tf.MaxPoolGrad, tf.MaxPool3DGrad]) {
    translate(kernel, context => {
      const { graph, input } = context
      const [dy, x] = [input('dy'), input('input')]
      const geometry = poolGeometry(context, x.shape)
      // Volumes come without their pool's result.
      const y = kernel === tf.MaxPoolGrad ? input('output') : poolOf(graph, x, geometry, 'MaxPool')[0]!
      const padded = pad(graph, x, paddings(geometry), 'constant', graph.scalar(Number.NEGATIVE_INFINITY))
      // The first of equal elements has the whole gradient, as in tfjs.
      const hits = firstHits(graph, y, offset => windowOf(graph, padded, geometry, offset))
      return gatherWindows(graph, geometry, offset => masked(graph, hits(offset), dy))
    })
  }
  for (const kernel of [tf.AvgPoolGrad, tf.AvgPool3DGrad]) {
    translate(kernel, context => {
      const { graph, input } = context
      const geometry = poolGeometry(context, input('input').shape)
      const count = sizeOf(geometry.axes.map(axis => axis.filter))
      const share = binary(graph, 'Div', input('dy'), graph.scalar(count))
      return gatherWindows(graph, geometry, () => share)
    })
  }
  translate<tf.MaxPoolWithArgmaxAttrs>(tf.MaxPoolWithArgmax, context => {
    const { graph, attrs } = context
    const [pooled, indices] = pool(context, 'MaxPool', true) as [Value, Value]
    const x = context.input('x')
    const [, h, w, c] = x.shape as [number, number, number, number]
    const int = (value: number): Value => graph.scalar(value, 'int64')
    // ONNX counts n, c, h, w; tfjs h, w, c, and n before them if it is asked to.
    const place = binary(graph, 'Mod', indices, int(h * w))
    const channels = graph.ints(Array.from({ length: c }, (_, i) => i))
    let index = binary(graph, 'Add', binary(graph, 'Mul', place, int(c)), channels)
    if (attrs.includeBatchInIndex) {
      const image = binary(graph, 'Div', indices, int(c * h * w))
      index = binary(graph, 'Add', index, binary(graph, 'Mul', image, int(c * h * w)))
    }
    return [pooled, cast(graph, index, 'int32')]
  })

  translate(tf.Dilation2D, context => {
    const { graph } = context
    const { geometry, windowAt } = dilation(context)
    return offsets(geometry)
      .map(windowAt)
      .reduce((a, b) => binary(graph, 'Max', a, b))
  })
  translate(tf.Dilation2DBackpropInput, context => {
    const { graph, input } = context
    const { geometry, hits } = dilationHits(context)
    return gatherWindows(graph, geometry, offset => masked(graph, hits(offset), input('dy')))
  })
  translate(tf.Dilation2DBackpropFilter, context => {
    const { graph, input } = context
    const { geometry, hits } = dilationHits(context)
    const channels = input('filter').shape[2]!
    const sums = offsets(geometry).map(offset =>
      graph.node(
        'ReduceSum',
        [masked(graph, hits(offset), input('dy')), graph.ints([0, 1, 2])],
        { type: 'float32', shape: [1, 1, 1, channels] },
        { attributes: { keepdims: { int: 1 } } },
      ),
    )
    const joined = graph.node(
      'Concat',
      sums,
      { type: 'float32', shape: [sums.length, 1, 1, channels] },
      { attributes: { axis: { int: 0 } } },
    )
    const shape = input('filter').shape
    return graph.node('Reshape', [joined, graph.ints(shape)], { type: 'float32', shape })
  })
}

function masked(graph: GraphBuilder, mask: Value, x: Value): Value {
  return graph.node('Where', [mask, x, graph.scalar(0, x.type)], x)
}

function pool(context: KernelContext<unknown>, op: 'MaxPool' | 'AveragePool', withIndices = false): Value[] {
  const { graph, input } = context
  return poolOf(graph, input('x'), poolGeometry(context, input('x').shape), op, withIndices)
}

function poolOf(
  graph: GraphBuilder,
  x: Value,
  geometry: Geometry,
  op: 'MaxPool' | 'AveragePool',
  withIndices = false,
): Value[] {
  // Windows of one element, which tfjs does not look into.
  if (!withIndices && geometry.axes.every(axis => axis.filter === 1 && axis.out === axis.size)) return [x]
  const { dilations, ...window } = windowAttributes(geometry)
  const dilated = dilations.ints.some(step => step !== 1)
  // ONNX has dilated pools of averages in a later opset.
  if (dilated && op === 'AveragePool')
    throw unsupportedType('AvgPool', 'dilated windows', 'Use dilations of 1.')
  const attributes = {
    kernel_shape: { ints: geometry.axes.map(axis => axis.filter) },
    ...window,
    ...(dilated && { dilations }),
  }
  const shape = [geometry.batch, geometry.outChannels, ...geometry.axes.map(axis => axis.out)]
  const specs = [{ type: x.type, shape }, ...(withIndices ? [{ type: 'int64', shape } as const] : [])]
  const made = graph.nodeWithOutputs(op, [toChannelsFirst(graph, x)], specs, { attributes })
  return made.map(value => toChannelsLast(graph, value))
}

/** The elements of each window, each with what the filter adds to it. */
function dilation(context: KernelContext<unknown>): {
  geometry: Geometry
  windowAt: (offset: readonly number[]) => Value
} {
  const { graph, input } = context
  const [x, filter] = [input('x'), input('filter')]
  const geometry = dilationGeometry(context, x.shape, filter.shape)
  const padded = pad(graph, x, paddings(geometry), 'constant', graph.scalar(Number.NEGATIVE_INFINITY))
  return {
    geometry,
    windowAt: offset => {
      const row = graph.node(
        'Slice',
        [filter, graph.ints(offset), graph.ints(offset.map(i => i + 1)), graph.ints([0, 1])],
        { type: filter.type, shape: [1, 1, filter.shape[2]!] },
      )
      const sum = binary(graph, 'Add', windowOf(graph, padded, geometry, offset), row)
      // tfjs passes over NaN.
      const isNan = graph.node('IsNaN', [sum], { type: 'bool', shape: sum.shape })
      return graph.node('Where', [isNan, graph.scalar(Number.NEGATIVE_INFINITY), sum], sum)
    },
  }
}

function dilationHits(context: KernelContext<unknown>) {
  const { graph } = context
  const { geometry, windowAt } = dilation(context)
  const highest = offsets(geometry)
    .map(windowAt)
    .reduce((a, b) => binary(graph, 'Max', a, b))
  return { geometry, hits: firstHits(graph, highest, windowAt) }
}
