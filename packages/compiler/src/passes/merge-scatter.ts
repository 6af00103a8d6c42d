import type { Value } from '../graph/graph.ts'
import { sameShape } from '../graph/graph-builder.ts'
import { unary, uniform } from '../graph/operations.ts'
import type { RewriteRule } from './rewrite.ts'

/**
 * Adds rows straight into the tensor that their sum would be added to: `y + scatter(0, i, u)` becomes
 * `scatter(y, i, u)`, and `y - scatter(0, i, u)` likewise with -u. A table of embeddings then needs no array of zeros
 * and no addition of its own size.
 */
export const mergeScatter: RewriteRule = ({ builder, node, inputs, uses }) => {
  if (node.op !== 'Add' && node.op !== 'Sub') return undefined
  const [a, b] = inputs as [Value, Value]
  for (const [target, scattered] of node.op === 'Add'
    ? [[a, b] as const, [b, a] as const]
    : [[a, b] as const]) {
    const scatter = scattered.node
    if (scatter?.op !== 'ScatterElements' || uses(scattered) > 1 || !sameShape(target.shape, scattered.shape))
      continue
    const reduction = scatter.attributes.reduction
    const [zeros, indices, updates] = scatter.inputs as [Value, Value, Value]
    if (!reduction || !('string' in reduction) || reduction.string !== 'add' || uniform(zeros) !== 0) continue
    const added = node.op === 'Add' ? updates : unary(builder, 'Neg', updates)
    return [builder.node('ScatterElements', [target, indices, added], node.outputs[0]!, scatter)]
  }
  return undefined
}
