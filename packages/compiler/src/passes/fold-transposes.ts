import type { GraphNode, Value } from '../graph/graph.ts'
import type { RewriteContext, RewriteRule } from './rewrite.ts'

/**
 * A product reads its transposed first operand again for every 128 columns of its result. With this many columns of plain
 * matrices it is faster to transpose once.
 */
const MANY_COLUMNS = 2048

/**
 * Takes a transposition of an operand's last two axes into the product: ONNX Runtime's FusedMatMul reads a
 * transposed operand at nearly full speed on the CPU. (On its WebGPU provider the node falls back to the CPU.)
 */
export const foldTransposes: RewriteRule = ({ builder, node, inputs }: RewriteContext) => {
  if (node.op !== 'MatMul' && node.op !== 'FusedMatMul') return undefined
  const [a, b] = inputs as [Value, Value]
  if (a.type !== 'float32') return undefined
  const wide = b.shape.length === 2 && node.outputs[0]!.shape.at(-1)! >= MANY_COLUMNS
  const [left, right] = [wide ? a : untransposed(a), untransposed(b)]
  if (left === a && right === b) return undefined
  const flag = (name: string, flipped: boolean): { int: number } => ({
    int: Number(attributeOf(node, name) !== flipped),
  })
  const attributes = {
    ...node.attributes,
    transA: flag('transA', left !== a),
    transB: flag('transB', right !== b),
  }
  return [
    builder.node('FusedMatMul', [left, right], node.outputs[0]!, { attributes, domain: 'com.microsoft' }),
  ]
}

function attributeOf(node: GraphNode, name: string): boolean {
  const attribute = node.attributes[name]
  return attribute !== undefined && 'int' in attribute && attribute.int === 1
}

/** The operand of a transposition that swaps the last two axes, or else the value itself. */
function untransposed(value: Value): Value {
  const perm = value.node?.op === 'Transpose' ? value.node.attributes.perm : undefined
  if (!perm || !('ints' in perm)) return value
  const rank = perm.ints.length
  const swapsLastTwo = perm.ints.every(
    (axis, i) => axis === (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2),
  )
  return swapsLastTwo ? value.node!.inputs[0]! : value
}
