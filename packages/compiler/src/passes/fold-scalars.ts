import type { Value } from '../graph/graph.ts'
import type { GraphBuilder } from '../graph/graph-builder.ts'
import { binary } from '../graph/operations.ts'
import { sizeOf } from '../tree.ts'
import type { RewriteRule } from './rewrite.ts'

/**
 * `(x * s) * t` with scalars s and t becomes `x * (s * t)`: one pass over a large tensor instead of two. So does
 * `(x * s)² * t`, which becomes `x² * (s * s * t)`. Where the inner product is used elsewhere nothing is lost, and often
 * that use folds, too. Optimizers are full of it.
 */
export const foldScalars: RewriteRule = ({ builder, node, inputs, uses }) => {
  if (node.op !== 'Mul' || node.outputs[0]!.type !== 'float32') return undefined
  const outer = scaled(inputs as [Value, Value])
  if (outer?.x.node?.op !== 'Mul') return undefined
  const [a, b] = outer.x.node.inputs as [Value, Value]
  const inner = scaled([a, b])
  if (inner) return [binary(builder, 'Mul', inner.x, product(builder, inner.scalar, outer.scalar))]
  const squared = a === b && a.node?.op === 'Mul' ? scaled(a.node.inputs as [Value, Value]) : undefined
  if (!squared || uses(outer.x) > 1) return undefined
  const factor = product(builder, product(builder, squared.scalar, squared.scalar), outer.scalar)
  return [binary(builder, 'Mul', binary(builder, 'Mul', squared.x, squared.x), factor)]
}

/** A product of a larger tensor and a scalar (shape []). */
export function scaled([a, b]: readonly [Value, Value]): { x: Value; scalar: Value } | undefined {
  if (b.shape.length === 0 && sizeOf(a.shape) > 1) return { x: a, scalar: b }
  if (a.shape.length === 0 && sizeOf(b.shape) > 1) return { x: b, scalar: a }
  return undefined
}

/** The product of two scalars; of two constants, a constant. */
export function product(builder: GraphBuilder, a: Value, b: Value): Value {
  if (a.constant && b.constant)
    return builder.scalar(Math.fround(Number(a.constant[0]) * Number(b.constant[0])))
  return binary(builder, 'Mul', a, b)
}
