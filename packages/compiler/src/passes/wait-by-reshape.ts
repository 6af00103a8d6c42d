import type { Value } from '../graph/graph.ts'
import { sameShape } from '../graph/graph-builder.ts'
import { cast, uniform } from '../graph/operations.ts'
import { sizeOf } from '../tree.ts'
import type { RewriteRule } from './rewrite.ts'

/** Smaller tensors are copied sooner than the shape is made. */
const COPIED = 4096

/**
 * What `After` says costs a pass over x and memory for the result: `where(false, other, x)`. A reshape costs nothing,
 * and may wait as well: for its shape, which is chosen by the same condition. Not on a graphics card, where the shape
 * would have to come back to the processor.
 */
export const waitByReshape: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'Where') return undefined
  const [condition, other, x] = inputs as [Value, Value, Value]
  const { shape } = node.outputs[0]!
  if (uniform(condition) !== 0 || sizeOf(condition.shape) !== 1 || sizeOf(other.shape) !== 1) return undefined
  if (!sameShape(x.shape, shape) || sizeOf(shape) <= COPIED) return undefined
  const sizes = builder.ints(shape)
  const waiting = builder.node('Where', [condition, cast(builder, other, 'int64'), sizes], sizes)
  return [builder.node('Reshape', [x, waiting], { type: x.type, shape })]
}
