import type { Value } from '../graph/graph.ts'
import type { RewriteRule } from './rewrite.ts'

/** Joins of more tensors than a graphics card takes at once become joins of joins. */
export function splitJoins(atOnce: number): RewriteRule {
  return ({ builder, node, inputs }) => {
    if (node.op !== 'Concat' || inputs.length <= atOnce) return undefined
    const { axis } = node.attributes as { axis: { int: number } }
    let parts = inputs as readonly Value[]
    while (parts.length > 1) {
      const joined: Value[] = []
      for (let i = 0; i < parts.length; i += atOnce) {
        const group = parts.slice(i, i + atOnce)
        const [{ type, shape }] = group as [Value]
        const length = group.reduce((sum, part) => sum + part.shape[axis.int]!, 0)
        joined.push(
          group.length === 1
            ? group[0]!
            : builder.node('Concat', group, { type, shape: shape.with(axis.int, length) }, node),
        )
      }
      parts = joined
    }
    return parts
  }
}
