import type { Value } from '../graph/graph.ts'
import { binary } from '../graph/operations.ts'
import { sizeOf } from '../tree.ts'
import type { RewriteRule } from './rewrite.ts'

/**
 * `(x * s) * t` with scalars s and t becomes `x * (s * t)`: one pass over a large tensor instead of two. Optimisers
 * are full of it.
 */
export const foldScalars: RewriteRule = ({ builder, node, inputs, uses }) => {
  if (node.op !== 'Mul' || node.outputs[0]!.type !== 'float32') return undefined
  const outer = scaled(inputs as [Value, Value])
  if (outer?.x.node?.op !== 'Mul' || uses(outer.x) > 1) return undefined
  const inner = scaled(outer.x.node.inputs as [Value, Value])
  if (!inner) return undefined
  return [binary(builder, 'Mul', inner.x, binary(builder, 'Mul', inner.scalar, outer.scalar))]
}

/** A product of a larger tensor and a scalar (shape []). */
function scaled([a, b]: readonly [Value, Value]): { x: Value; scalar: Value } | undefined {
  if (b.shape.length === 0 && sizeOf(a.shape) > 1) return { x: a, scalar: b }
  if (a.shape.length === 0 && sizeOf(b.shape) > 1) return { x: b, scalar: a }
  return undefined
}
