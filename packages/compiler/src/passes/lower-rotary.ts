import type { Value } from '../graph/graph.ts'
import { binary, reshape } from '../graph/operations.ts'
import type { RewriteRule } from './rewrite.ts'

/** Turning of channels written out, for providers that may not have it as one operation. */
export const lowerRotary: RewriteRule = ({ builder, node, inputs }) => {
  if (node.op !== 'RotaryEmbedding') return undefined
  const [x, , cos, sin] = inputs as [Value, Value, Value, Value]
  const { num_heads: heads } = node.attributes
  const [batch, positions, width] = x.shape as [number, number, number]
  const count = heads && 'int' in heads ? heads.int : 1
  const [headSize, pairs] = [width / count, cos.shape[1]!]
  const perHead = reshape(builder, x, [batch, positions, count, headSize])
  const cut = (from: number, to: number): Value =>
    builder.node('Slice', [perHead, builder.ints([from]), builder.ints([to]), builder.ints([3])], {
      type: x.type,
      shape: [batch, positions, count, to - from],
    })
  const spread = (angles: Value): Value => reshape(builder, angles, [1, positions, 1, pairs])
  const times = (a: Value, b: Value): Value => binary(builder, 'Mul', a, b)
  const [first, second, c, s] = [cut(0, pairs), cut(pairs, 2 * pairs), spread(cos), spread(sin)]
  const parts = [
    binary(builder, 'Sub', times(first, c), times(second, s)),
    binary(builder, 'Add', times(second, c), times(first, s)),
    ...(headSize > 2 * pairs ? [cut(2 * pairs, headSize)] : []),
  ]
  const turned = builder.node('Concat', parts, perHead, { attributes: { axis: { int: 3 } } })
  return [reshape(builder, turned, x.shape)]
}
