import type { Value } from '../graph/graph.ts'
import { binary, reshape, transpose } from '../graph/operations.ts'
import type { RewriteRule } from './rewrite.ts'

/** Attention written out, for providers that may not have it as one operation. */
export const lowerAttention: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'Attention') return undefined
  const [query, key, value, mask] = inputs as [Value, Value, Value, Value]
  const probabilities = node.outputs[3]!
  const [batch, heads, queries, keys] = probabilities.shape as [number, number, number, number]
  const size = query.shape[2]! / heads
  const { scale } = node.attributes
  const perHead = (x: Value, length: number, perm: readonly number[]): Value =>
    transpose(builder, reshape(builder, x, [batch, length, heads, size]), perm)
  const scores = builder.node(
    'MatMul',
    [perHead(query, queries, [0, 2, 1, 3]), perHead(key, keys, [0, 2, 3, 1])],
    probabilities,
  )
  const factor = scale && 'float' in scale ? scale.float : 1 / Math.sqrt(size)
  const scaled = factor === 1 ? scores : binary(builder, 'Mul', scores, builder.scalar(factor))
  const p = builder.node('Softmax', [binary(builder, 'Add', scaled, mask)], probabilities, {
    attributes: { axis: { int: -1 } },
  })
  const read = builder.node('MatMul', [p, perHead(value, keys, [0, 2, 1, 3])], {
    type: 'float32',
    shape: [batch, heads, queries, size],
  })
  const merged = reshape(builder, transpose(builder, read, [0, 2, 1, 3]), query.shape)
  // The present keys and values are never used.
  return [merged, key, value, p]
}
