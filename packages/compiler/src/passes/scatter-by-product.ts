import type { Value } from '../graph/graph.ts'
import { binary, cast, reshape, uniform } from '../graph/operations.ts'
import type { RewriteRule } from './rewrite.ts'

/** Elements of the matrix of zeros and ones: 256 MB. */
const LARGEST = 2 ** 26

/**
 * Sums of rows by index as a product with a matrix of zeros and ones. Graphics cards add up duplicates of an index in the
 * order in which their threads come, differently in each run; a product has one order.
 */
export const scatterByProduct: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'ScatterElements') return undefined
  const { reduction } = node.attributes
  const [target, indices, updates] = inputs as [Value, Value, Value]
  const [rows, width] = target.shape
  const count = updates.shape[0]!
  const ids = indices.node?.op === 'Expand' ? rowNumbers(indices.node.inputs[0]!) : undefined
  if (!reduction || !('string' in reduction) || reduction.string !== 'add' || target.type !== 'float32')
    return undefined
  if (!ids || target.shape.length !== 2 || width === 1 || rows! * count > LARGEST) return undefined
  const numbers = builder.constant(
    Int32Array.from({ length: rows! }, (_, i) => i),
    'int32',
    [rows!, 1],
  )
  const chosen = binary(builder, 'Equal', numbers, reshape(builder, ids, [1, count]), 'bool')
  const sums = builder.node('MatMul', [cast(builder, chosen, 'float32'), updates], target)
  return [uniform(target) === 0 ? sums : binary(builder, 'Add', target, sums)]
}

/** The int32 values that a column of int64 was made of. */
function rowNumbers(column: Value): Value | undefined {
  let value: Value | null | undefined = column
  while (value?.node && (value.node.op === 'Reshape' || value.node.op === 'Cast') && value.type !== 'int32') {
    value = value.node.inputs[0]
  }
  return value?.type === 'int32' ? value : undefined
}
