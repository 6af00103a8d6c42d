import * as tf from '@tensorflow/tfjs-core'
import type { ElementType, Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast, reshape } from '../../graph/operations.ts'
import { translate, unsupportedType } from '../kernel.ts'
import { slice } from './shape.ts'

/** Kernels that look for places: among sorted numbers, in a distribution, among boxes. */
export function translateSearching(): void {
  translate<tf.SearchSortedAttrs>(tf.SearchSorted, ({ graph, input, attrs: { side } }) => {
    const [sorted, values] = [input('sortedSequence'), input('values')]
    const [rows, length] = sorted.shape as [number, number]
    const count = values.shape[1]!
    // How many are before: of a sorted row that is the place.
    const row = reshape(graph, sorted, [rows, 1, length])
    const value = reshape(graph, values, [rows, count, 1])
    const before = binary(graph, side === 'left' ? 'Less' : 'LessOrEqual', row, value, 'bool')
    return countTrue(graph, before, values.shape)
  })
  translate<tf.MultinomialAttrs>(
    tf.Multinomial,
    ({ graph, input, attrs: { numSamples, seed, normalized } }) => {
      const logits = input('logits')
      const [rows, events] = logits.shape as [number, number]
      const attributes = { axis: { int: -1 } }
      const probabilities = normalized ? logits : graph.node('Softmax', [logits], logits, { attributes })
      const sums = graph.node('CumSum', [probabilities, graph.scalar(1, 'int32')], probabilities)
      const borders = slice(graph, sums, [0, 0], [rows, events - 1], [1, 1])
      // The numbers that tfjs draws with this seed, for each row the same.
      const drawn = tf.randomUniform([numSamples], 0, 1, 'float32', seed).dataSync() as Float32Array
      const draws = graph.constant(drawn, 'float32', [1, numSamples, 1])
      const before = binary(graph, 'Less', draws, reshape(graph, borders, [rows, 1, events - 1]), 'bool')
      // Not LessOrEqual: of probabilities that are NaN tfjs takes the last.
      const passed = graph.node('Not', [before], before)
      return countTrue(graph, passed, [rows, numSamples])
    },
  )
  translate<tf.NonMaxSuppressionV4Attrs>(tf.NonMaxSuppressionV4, ({ name, graph, input, attrs }) => {
    const { maxOutputSize, iouThreshold, scoreThreshold, padToMaxOutputSize } = attrs
    if (!padToMaxOutputSize)
      throw unsupportedType(name, 'a result of any length', 'Set padToMaxOutputSize to true.')
    const [boxes, scores] = [input('boxes'), input('scores')]
    const count = boxes.shape[0]!
    const number = (value: number): Value => graph.constant(Float32Array.of(value), 'float32', [1])
    // As many rows [batch, class, box] as there are: what is written here as their number is the most.
    const chosen = graph.node(
      'NonMaxSuppression',
      [
        reshape(graph, boxes, [1, count, 4]),
        reshape(graph, scores, [1, 1, count]),
        graph.ints([maxOutputSize]),
        number(iouThreshold),
        number(scoreThreshold),
      ],
      { type: 'int64', shape: [maxOutputSize, 3] },
    )
    const spec = (...shape: number[]): { type: ElementType; shape: number[] } => ({ type: 'int64', shape })
    const numbers = graph.node('Gather', [chosen, graph.scalar(2, 'int64')], spec(maxOutputSize), {
      attributes: { axis: { int: 1 } },
    })
    const zeros = graph.ints(new Array<number>(maxOutputSize).fill(0))
    const padded = graph.node('Concat', [numbers, zeros], spec(2 * maxOutputSize), {
      attributes: { axis: { int: 0 } },
    })
    const indices = slice(graph, padded, [0], [maxOutputSize], [1])
    const size = graph.node('Shape', [chosen], spec(2))
    const found = graph.node('Gather', [size, graph.scalar(0, 'int64')], spec())
    return [cast(graph, indices, 'int32'), cast(graph, found, 'int32')]
  })
}

/** How many along the last axis are true, as int32 of a shape without it. */
function countTrue(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const attributes = { keepdims: { int: 0 } }
  return graph.node(
    'ReduceSum',
    [cast(graph, x, 'int32'), graph.ints([x.shape.length - 1])],
    { type: 'int32', shape: [...shape] },
    { attributes },
  )
}
