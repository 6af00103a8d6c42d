import { broadcast_util } from '@tensorflow/tfjs-core'
import { sizeOf } from '../tree.ts'
import type { ElementType, Value } from './graph.ts'
import { type GraphBuilder, type NodeOptions, sameShape } from './graph-builder.ts'

// The operations that translations and passes are written in. Each leaves out a node that would change nothing.

/** The value in another type. */
export function cast(graph: GraphBuilder, value: Value, type: ElementType): Value {
  if (value.type === type) return value
  const to = { float32: 1, int32: 6, int64: 7, bool: 9 }[type]
  return graph.node('Cast', [value], { type, shape: value.shape }, { attributes: { to: { int: to } } })
}

/** The value in another shape with as many elements. */
export function reshape(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value
  if (value.constant) return graph.constant(value.constant, value.type, shape)
  // A chain of reshapes is its last one, but for those that wait for something.
  const source =
    value.node?.op === 'Reshape' && value.node.inputs[1]!.constant ? value.node.inputs[0]! : value
  if (sameShape(source.shape, shape)) return source
  return graph.node('Reshape', [source, graph.ints(shape)], { type: value.type, shape })
}

export function transpose(graph: GraphBuilder, value: Value, perm: readonly number[]): Value {
  if (perm.every((axis, i) => axis === i)) return value
  const before = value.node?.op === 'Transpose' ? value.node.attributes.perm : undefined
  if (before && 'ints' in before) {
    return transpose(
      graph,
      value.node!.inputs[0]!,
      perm.map(axis => before.ints[axis]!),
    )
  }
  const shape = perm.map(axis => value.shape[axis]!)
  // Moving axes of length 1 moves no element.
  const moving = perm.filter(axis => value.shape[axis] !== 1)
  if (moving.every((axis, i) => i === 0 || axis > moving[i - 1]!)) return reshape(graph, value, shape)
  return graph.node(
    'Transpose',
    [value],
    { type: value.type, shape },
    { attributes: { perm: { ints: perm } } },
  )
}

/** The value repeated along axes of length 1 and new leading axes. */
export function expand(graph: GraphBuilder, value: Value, shape: readonly number[]): Value {
  if (sameShape(value.shape, shape)) return value
  return graph.node('Expand', [value, graph.ints(shape)], { type: value.type, shape })
}

export function binary(
  graph: GraphBuilder,
  op: string,
  a: Value,
  b: Value,
  type: ElementType = a.type,
  options?: NodeOptions,
): Value {
  return graph.node(op, [a, b], { type, shape: broadcastShape(a.shape, b.shape) }, options)
}

export function unary(graph: GraphBuilder, op: string, x: Value, options?: NodeOptions): Value {
  return graph.node(op, [x], { type: x.type, shape: x.shape }, options)
}

export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  return broadcast_util.assertAndGetBroadcastShape([...a], [...b])
}

/** All elements the same. */
export function filled(
  graph: GraphBuilder,
  value: number,
  type: ElementType,
  shape: readonly number[],
): Value {
  return expand(graph, graph.scalar(value, type), shape)
}

/** The one value of all elements, of a constant or of a constant that was expanded. */
export function uniform(value: Value): number | undefined {
  const source = value.node?.op === 'Expand' || value.node?.op === 'Reshape' ? value.node.inputs[0]! : value
  if (source.node?.op === 'Expand' || source.node?.op === 'Reshape') return uniform(source)
  return source.constant && sizeOf(source.shape) === 1 ? Number(source.constant[0]) : undefined
}
