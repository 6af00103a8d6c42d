import type { Value } from '../graph/graph.ts'
import type { GraphBuilder } from '../graph/graph-builder.ts'
import { binary, cast } from '../graph/operations.ts'
import type { RewriteRule } from './rewrite.ts'

/**
 * int32 as in JavaScript, and so in tfjs: what is larger keeps its low 32 bits, and what is no number becomes 0. ONNX
 * Runtime's own conversions and sums stop at the largest int32; by way of int64 the high bits are cut off. Only on the
 * processor: other providers would send int64 there.
 */
export const exactIntegers: RewriteRule = ({ builder, node, inputs }) => {
  const [x] = inputs as [Value]
  const output = node.outputs[0]!
  if (output.type !== 'int32') return undefined
  if (node.op === 'Cast' && x.type === 'float32') return [lowBits(builder, cast(builder, x, 'int64'))]
  if (node.op === 'Pow' && x.type === 'int32') {
    const [base, exponent] = inputs.map(input => cast(builder, input!, 'int64')) as [Value, Value]
    return [lowBits(builder, binary(builder, 'Pow', base, exponent))]
  }
  if (node.op !== 'ReduceSum' && node.op !== 'ReduceProd') return undefined
  const wide = [cast(builder, x, 'int64'), ...inputs.slice(1)]
  return [lowBits(builder, builder.node(node.op, wide, { ...output, type: 'int64' }, node))]
}

/** The low 32 bits, with their sign: not by a conversion alone, for ONNX Runtime makes one of two in a row. */
function lowBits(builder: GraphBuilder, x: Value): Value {
  const int = (value: number): Value => builder.scalar(value, 'int64')
  const raised = binary(builder, 'Add', x, int(2 ** 31))
  const wrapped = binary(builder, 'Mod', raised, int(2 ** 32))
  return cast(builder, binary(builder, 'Sub', wrapped, int(2 ** 31)), 'int32')
}
