import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import { binary, broadcastShape, cast, expand, filled, reshape, uniform } from '../../graph/operations.ts'
import { sizeOf } from '../../tree.ts'
import { type KernelContext, translate, unsupportedType } from '../kernel.ts'
import { addRows, flatRows, fromZero } from './indexing.ts'

/** Sparse tensors. What decides a shape must be a constant of the function. */
export function translateSparse(): void {
  translate(tf.BroadcastArgs, context => {
    const shape = broadcastShape(constantOf(context, 's0'), constantOf(context, 's1'))
    return context.graph.constant(Int32Array.from(shape), 'int32', [shape.length])
  })
  translate<tf.SparseToDenseAttrs>(tf.SparseToDense, ({ graph, input, attrs: { outputShape } }) => {
    const [indices, values] = [input('sparseIndices'), input('sparseValues')]
    const count = indices.shape.length < 2 ? sizeOf(indices.shape) : indices.shape[0]!
    const depth = indices.shape[1] ?? 1
    const tuples = reshape(graph, indices, [count, depth])
    const updates = expand(graph, values, [count])
    const { ids, flat } = flatRows(graph, outputShape, tuples, updates)
    const target = expand(graph, reshape(graph, input('defaultValue'), []), [sizeOf(outputShape)])
    const written = graph.node('ScatterElements', [target, ids, reshape(graph, flat, [count])], target, {
      attributes: { axis: { int: 0 } },
    })
    return reshape(graph, written, outputShape)
  })
  translate(tf.SparseReshape, context => {
    const { graph, input } = context
    const from = constantOf(context, 'inputShape')
    const to = tf.util.inferFromImplicitShape(constantOf(context, 'newShape'), sizeOf(from))
    const count = input('inputIndices').shape[0]!
    const strides = (shape: readonly number[]): Value =>
      graph.constant(
        Int32Array.from(shape, (_, i) => sizeOf(shape.slice(i + 1))),
        'int32',
        [1, shape.length],
      )
    const places = graph.node(
      'ReduceSum',
      [binary(graph, 'Mul', cast(graph, input('inputIndices'), 'int32'), strides(from)), graph.ints([1])],
      { type: 'int32', shape: [count, 1] },
      { attributes: { keepdims: { int: 1 } } },
    )
    const sizes = graph.constant(Int32Array.from(to), 'int32', [1, to.length])
    const indices = binary(graph, 'Mod', binary(graph, 'Div', places, strides(to)), sizes)
    return [indices, graph.constant(Int32Array.from(to), 'int32', [to.length])]
  })
  for (const kernel of [tf.SparseSegmentSum, tf.SparseSegmentMean]) {
    translate(kernel, context => {
      const { graph, input } = context
      const data = input('data')
      const ids = constantOf(context, 'segmentIds')
      const rows = (ids.at(-1) ?? -1) + 1
      const picked = graph.node(
        'Gather',
        [data, fromZero(graph, cast(graph, input('indices'), 'int32'))],
        { type: data.type, shape: [ids.length, ...data.shape.slice(1)] },
        { attributes: { axis: { int: 0 } } },
      )
      const target = filled(graph, 0, data.type, [rows, ...data.shape.slice(1)])
      const sums = addRows(graph, target, input('segmentIds'), picked)
      if (kernel === tf.SparseSegmentSum) return sums
      const counts = new Float32Array(rows)
      for (const id of ids) counts[id]!++
      const divisors = graph.constant(
        counts.map(count => Math.max(1, count)),
        'float32',
        [rows, ...data.shape.slice(1).map(() => 1)],
      )
      return binary(graph, 'Div', sums, divisors)
    })
  }
}

/** The elements of an input that decides the shape of the result. */
function constantOf({ name, input }: KernelContext<unknown>, which: string): number[] {
  const value = input(which)
  const number = uniform(value)
  if (number !== undefined) return new Array<number>(sizeOf(value.shape)).fill(number)
  if (!value.constant)
    throw unsupportedType(
      name,
      `${which} that is computed, on which the shape of the result depends`,
      'Make it in the function of its values, with tf.tensor1d.',
    )
  return Array.from(value.constant as Int32Array)
}
