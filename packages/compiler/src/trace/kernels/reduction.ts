import * as tf from '@tensorflow/tfjs-core'
import type { ElementType, Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast, filled, reshape } from '../../graph/operations.ts'
import { translate } from '../kernel.ts'
import { pad, slice } from './shape.ts'

type Axes = number | number[] | null | undefined

/** Kernels that reduce axes, and those that run along one. */
export function translateReduction(): void {
  for (const [kernel, op] of [
    [tf.Sum, 'ReduceSum'],
    [tf.Prod, 'ReduceProd'],
  ] as const)
    translate<tf.SumAttrs & tf.ProdAttrs>(kernel, ({ graph, input, attrs }) => {
      const x = input('x')
      return reduce(graph, op, x.type === 'bool' ? cast(graph, x, 'int32') : x, attrs.axis, attrs.keepDims)
    })
  translate<tf.MeanAttrs>(tf.Mean, ({ graph, input, attrs }) =>
    reduce(graph, 'ReduceMean', cast(graph, input('x'), 'float32'), attrs.axis, attrs.keepDims),
  )
  translate<tf.MaxAttrs>(tf.Max, ({ graph, input, attrs }) =>
    asNumbers(graph, input('x'), x => reduce(graph, 'ReduceMax', x, attrs.reductionIndices, attrs.keepDims)),
  )
  translate<tf.MinAttrs>(tf.Min, ({ graph, input, attrs }) =>
    asNumbers(graph, input('x'), x => reduce(graph, 'ReduceMin', x, attrs.axis, attrs.keepDims)),
  )
  translate<tf.AllAttrs>(tf.All, ({ graph, input, attrs }) =>
    asNumbers(graph, input('x'), x => reduce(graph, 'ReduceMin', x, attrs.axis, attrs.keepDims)),
  )
  translate<tf.AnyAttrs>(tf.Any, ({ graph, input, attrs }) =>
    asNumbers(graph, input('x'), x => reduce(graph, 'ReduceMax', x, attrs.axis, attrs.keepDims)),
  )
  for (const kernel of [tf.ArgMax, tf.ArgMin] as const) {
    translate<tf.ArgMaxAttrs>(kernel, ({ graph, input, attrs }) => {
      const x = input('x').type === 'bool' ? cast(graph, input('x'), 'int32') : input('x')
      const axis = tf.util.parseAxisParam(attrs.axis, [...x.shape])[0]!
      const shape = x.shape.filter((_, i) => i !== axis)
      if (x.shape[axis] === 0) return filled(graph, 0, 'int32', shape)
      const attributes = { axis: { int: axis }, keepdims: { int: 0 } }
      return cast(graph, graph.node(kernel, [x], { type: 'int64', shape }, { attributes }), 'int32')
    })
  }
  translate<tf.SoftmaxAttrs>(tf.Softmax, ({ graph, input, attrs }) =>
    graph.node('Softmax', [input('logits')], input('logits'), { attributes: { axis: { int: attrs.dim } } }),
  )
  translate<tf.LogSoftmaxAttrs>(tf.LogSoftmax, ({ graph, input, attrs }) =>
    graph.node('LogSoftmax', [input('logits')], input('logits'), {
      attributes: { axis: { int: attrs.axis } },
    }),
  )
  translate<tf.CumsumAttrs>(tf.Cumsum, ({ graph, input, attrs }) => {
    const x = input('x').type === 'bool' ? cast(graph, input('x'), 'int32') : input('x')
    const attributes = {
      exclusive: { int: Number(attrs.exclusive) },
      reverse: { int: Number(attrs.reverse) },
    }
    return graph.node('CumSum', [x, graph.scalar(attrs.axis, 'int32')], x, { attributes })
  })
  translate<tf.CumprodAttrs>(tf.Cumprod, ({ graph, input, attrs: { axis, exclusive, reverse } }) => {
    const x = input('x').type === 'bool' ? cast(graph, input('x'), 'int32') : input('x')
    const at = tf.util.parseAxisParam(axis, [...x.shape])[0]!
    const length = x.shape[at]!
    const [zeros, ones] = [x.shape.map(() => 0), x.shape.map(() => 1)]
    /** Each element becomes the one `by` places before it, in the direction of the product; 1 where there is none. */
    const shift = (value: Value, by: number): Value => {
      const kept = slice(
        graph,
        value,
        zeros.with(at, reverse ? by : 0),
        value.shape.with(at, reverse ? length : length - by),
        ones,
      )
      const amounts = value.shape.map((_, i): [number, number] =>
        i !== at ? [0, 0] : reverse ? [0, by] : [by, 0],
      )
      return pad(graph, kept, amounts, 'constant', graph.scalar(1, x.type))
    }
    // ONNX has none: each round doubles how many elements are multiplied (Hillis and Steele, 1986).
    let product = exclusive ? shift(x, Math.min(1, length)) : x
    for (let by = 1; by < length; by *= 2) product = binary(graph, 'Mul', product, shift(product, by))
    return product
  })
  translate<tf.TopKAttrs>(tf.TopK, ({ graph, input, attrs }) => {
    const x = input('x')
    const shape = [...x.shape.slice(0, -1), attrs.k]
    const attributes = { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: Number(attrs.sorted) } }
    const specs: { type: ElementType; shape: number[] }[] = [
      { type: x.type, shape },
      { type: 'int64', shape },
    ]
    const [values, indices] = graph.nodeWithOutputs('TopK', [x, graph.ints([attrs.k])], specs, { attributes })
    return [values!, cast(graph, indices!, 'int32')]
  })
}

export function reduce(graph: GraphBuilder, op: string, x: Value, axis: Axes, keepDims = false): Value {
  const axes = tf.util.parseAxisParam(axis ?? x.shape.map((_, i) => i), [...x.shape])
  const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
  const shape = keepDims ? kept : x.shape.filter((_, i) => !axes.includes(i))
  // Of no elements there is no extreme: tfjs reads past the end.
  if (axes.some(i => x.shape[i] === 0) && (op === 'ReduceMax' || op === 'ReduceMin'))
    return filled(graph, x.type === 'float32' ? Number.NaN : 0, x.type, shape)
  // Reducing axes of length 1 changes no element.
  if (axes.every(i => x.shape[i] === 1)) return reshape(graph, x, shape)
  const attributes = { keepdims: { int: Number(keepDims) } }
  return graph.node(op, [x, graph.ints(axes)], { type: x.type, shape }, { attributes })
}

/** ONNX reduces no booleans: by way of int32. */
function asNumbers(graph: GraphBuilder, x: Value, work: (x: Value) => Value): Value {
  return cast(graph, work(x.type === 'bool' ? cast(graph, x, 'int32') : x), x.type)
}
