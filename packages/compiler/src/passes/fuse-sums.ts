import type { GraphNode, Value } from '../graph/graph.ts'
import { reshape } from '../graph/operations.ts'
import { sizeOf } from '../tree.ts'
import type { RewriteContext, RewriteRule } from './rewrite.ts'

/** Fewer rows than these are summed faster as they are. */
const ENOUGH_ROWS = 16

/** The sum of `x * x` over all axes becomes ReduceSumSquare, which reads the tensor once and writes nothing. */
export const fuseSumOfSquares: RewriteRule = ({ builder, node, inputs, uses }) => {
  const [square] = inputs as [Value]
  if (node.op !== 'ReduceSum' || square.node?.op !== 'Mul' || uses(square) > 1) return undefined
  const [a, b] = square.node.inputs as [Value, Value]
  if (a !== b || a.type !== 'float32' || axesOf(node).length !== a.shape.length) return undefined
  return [builder.node('ReduceSumSquare', [a, inputs[1]!], node.outputs[0]!, node)]
}

/**
 * A sum over the leading axes, as the gradient of a bias takes it, becomes the product with a row of ones: ONNX
 * Runtime sums down columns several times slower than it multiplies.
 */
export const sumRowsByProduct: RewriteRule = context => byProduct(context, 'ReduceSum')

/** The same for means. Graphics cards add up columns in the order in which their threads come; a product has one order. */
export const meanRowsByProduct: RewriteRule = context => byProduct(context, 'ReduceMean')

function byProduct(
  { builder, node, inputs }: RewriteContext,
  op: 'ReduceSum' | 'ReduceMean',
): readonly Value[] | undefined {
  const [x] = inputs as [Value]
  if (node.op !== op || x.type !== 'float32') return undefined
  const axes = axesOf(node)
  const rows = sizeOf(x.shape.slice(0, axes.length))
  const width = sizeOf(x.shape.slice(axes.length))
  if (axes.length === x.shape.length || !axes.every((axis, i) => axis === i)) return undefined
  if (rows < ENOUGH_ROWS || width < 2) return undefined
  const weight = op === 'ReduceSum' ? 1 : 1 / rows
  const weights = builder.constant(new Float32Array(rows).fill(weight), 'float32', [1, rows])
  const sum = builder.node('MatMul', [weights, reshape(builder, x, [rows, width])], {
    type: 'float32',
    shape: [1, width],
  })
  return [reshape(builder, sum, node.outputs[0]!.shape)]
}

function axesOf(node: GraphNode): number[] {
  return [...((node.inputs[1]?.constant as BigInt64Array | undefined) ?? [])]
    .map(Number)
    .sort((a, b) => a - b)
}
