import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, broadcastShape, reshape, transpose, unary } from '../../graph/operations.ts'
import { sizeOf } from '../../tree.ts'
import { type KernelContext, translate, unsupportedType } from '../kernel.ts'
import { reduce } from './reduction.ts'

/** Matrix products, and the kernels that contain one. */
export function translateProduct(): void {
  translate<tf.BatchMatMulAttrs>(tf.BatchMatMul, ({ graph, input, attrs }) =>
    matMul(graph, input('a'), input('b'), attrs.transposeA, attrs.transposeB),
  )
  translate<tf._FusedMatMulAttrs>(tf._FusedMatMul, context => {
    const { graph, input, has, attrs } = context
    const product = matMul(graph, input('a'), input('b'), attrs.transposeA, attrs.transposeB)
    return activate(context, has('bias') ? binary(graph, 'Add', product, input('bias')) : product)
  })
  translate<tf.EinsumAttrs>(tf.Einsum, ({ graph, inputs, attrs }) => einsum(graph, attrs.equation, inputs()))
  translate<tf.FusedBatchNormAttrs>(tf.FusedBatchNorm, ({ graph, input, has, attrs }) => {
    const spread = binary(graph, 'Add', input('variance'), graph.scalar(attrs.varianceEpsilon))
    const factor = unary(graph, 'Reciprocal', unary(graph, 'Sqrt', spread))
    const scaled = has('scale') ? binary(graph, 'Mul', factor, input('scale')) : factor
    const centered = binary(graph, 'Mul', binary(graph, 'Sub', input('x'), input('mean')), scaled)
    return has('offset') ? binary(graph, 'Add', centered, input('offset')) : centered
  })
}

export function matMul(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  transposeA = false,
  transposeB = false,
): Value {
  // Transposes stay nodes here; a pass folds them into the product where the provider has a kernel for that.
  const left = transposeA ? swapLast(graph, a) : a
  const right = transposeB ? swapLast(graph, b) : b
  const batch = broadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2))
  const shape = [...batch, left.shape.at(-2)!, right.shape.at(-1)!]
  if (a.type === 'bool')
    throw unsupportedType('BatchMatMul', 'bool', "Cast to float32 first, with tf.cast(x, 'float32').")
  return graph.node('MatMul', [left, right], { type: a.type, shape })
}

function swapLast(graph: GraphBuilder, x: Value): Value {
  const rank = x.shape.length
  const perm = x.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2))
  return transpose(graph, x, perm)
}

/** The activation of a fused kernel. */
export function activate(
  { name, graph, input, attrs }: KernelContext<Pick<tf._FusedMatMulAttrs, 'activation' | 'leakyreluAlpha'>>,
  x: Value,
): Value {
  switch (attrs.activation) {
    case 'linear':
      return x
    case 'relu':
      return unary(graph, 'Relu', x)
    case 'relu6':
      return binary(graph, 'Min', unary(graph, 'Relu', x), graph.scalar(6))
    case 'elu':
      return unary(graph, 'Elu', x)
    case 'sigmoid':
      return unary(graph, 'Sigmoid', x)
    case 'leakyrelu':
      return unary(graph, 'LeakyRelu', x, { attributes: { alpha: { float: attrs.leakyreluAlpha ?? 0.2 } } })
    case 'prelu': {
      const negative = binary(graph, 'Mul', x, input('preluActivationWeights'))
      return graph.node('Where', [binary(graph, 'Less', x, graph.scalar(0), 'bool'), negative, x], x)
    }
    default:
      throw unsupportedType(name, `activation "${String(attrs.activation)}"`, 'Apply it as an op of its own.')
  }
}

/** One or two operands (all that tfjs allows) as sums, transposes and one batched product. */
function einsum(graph: GraphBuilder, equation: string, operands: readonly Value[]): Value {
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length)
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands as unknown as tf.Tensor[])
  const [left, output] = equation.replaceAll(' ', '').split('->') as [string, string]
  const [labelsX, labelsY] = left.split(',') as [string, string | undefined]
  const x = operands[0]!
  if (labelsY === undefined) return arrange(graph, x, labelsX, output)

  const y = operands[1]!
  const sizes = new Map([...labelsX].map((label, i) => [label, x.shape[i]!]))
  for (const [i, label] of [...labelsY].entries()) sizes.set(label, y.shape[i]!)
  const shape = (labels: string): number[] => [...labels].map(label => sizes.get(label)!)
  const choose = (labels: string, test: (label: string) => boolean): string =>
    [...labels].filter(test).join('')
  const batch = choose(labelsX, l => labelsY.includes(l) && output.includes(l))
  const inner = choose(labelsX, l => labelsY.includes(l) && !output.includes(l))
  const rows = choose(labelsX, l => !labelsY.includes(l) && output.includes(l))
  const columns = choose(labelsY, l => !labelsX.includes(l) && output.includes(l))
  const matrix = (value: Value, from: string, groups: [string, string, string]): Value =>
    reshape(
      graph,
      arrange(graph, value, from, groups.join('')),
      groups.map(group => sizeOf(shape(group))),
    )
  const product = matMul(
    graph,
    matrix(x, labelsX, [batch, rows, inner]),
    matrix(y, labelsY, [batch, inner, columns]),
  )
  return arrange(
    graph,
    reshape(graph, product, shape(batch + rows + columns)),
    batch + rows + columns,
    output,
  )
}

/** Sums over the labels that `to` lacks and puts the others in its order. */
function arrange(graph: GraphBuilder, x: Value, from: string, to: string): Value {
  const summed = [...from].flatMap((label, i) => (to.includes(label) ? [] : [i]))
  const kept = [...from].filter(label => to.includes(label))
  const reduced = summed.length > 0 ? reduce(graph, 'ReduceSum', x, summed) : x
  return transpose(
    graph,
    reduced,
    [...to].map(label => kept.indexOf(label)),
  )
}
