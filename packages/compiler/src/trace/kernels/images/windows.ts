import type { Value } from '../../../graph/graph.ts'
import type { GraphBuilder } from '../../../graph/graph-builder.ts'
import { binary, reshape } from '../../../graph/operations.ts'
import { pad, slice } from '../shape.ts'
import type { Geometry } from './geometry.ts'

/** The places inside of a window, the last axis first to change. */
export function offsets({ axes }: Geometry): number[][] {
  return axes.reduce<number[][]>(
    (before, { filter }) => before.flatMap(o => Array.from({ length: filter }, (_, i) => [...o, i])),
    [[]],
  )
}

/** For each output position the element of its window at an offset. */
export function windowOf(
  graph: GraphBuilder,
  padded: Value,
  { axes }: Geometry,
  offset: readonly number[],
): Value {
  const from = axes.map(({ dilation }, i) => offset[i]! * dilation)
  const to = axes.map(({ out, stride }, i) => from[i]! + (out - 1) * stride + 1)
  const [n, c] = [padded.shape[0]!, padded.shape.at(-1)!]
  return slice(graph, padded, [0, ...from, 0], [n, ...to, c], [1, ...axes.map(axis => axis.stride), 1])
}

/** Adds up, at each position of the input, what `part` gives for the windows that read it, offset by offset. */
export function gatherWindows(
  graph: GraphBuilder,
  geometry: Geometry,
  part: (offset: readonly number[]) => Value,
): Value {
  const { axes, batch, inChannels } = geometry
  const parts = offsets(geometry).map(offset => {
    const spread = spreadOut(graph, part(offset), geometry)
    const amounts = axes.map(({ size, before, after, dilation }, i): [number, number] => {
      const first = offset[i]! * dilation
      return [first, size + before + after - first - spread.shape[i + 1]!]
    })
    return pad(graph, spread, [[0, 0], ...amounts, [0, 0]], 'constant', graph.scalar(0))
  })
  const sum = parts.length === 1 ? parts[0]! : graph.node('Sum', parts, parts[0]!)
  const start = [0, ...axes.map(axis => axis.before), 0]
  const end = [batch, ...axes.map(axis => axis.before + axis.size), inChannels]
  return slice(
    graph,
    sum,
    start,
    end,
    start.map(() => 1),
  )
}

/** Elements with zeros in between, so that they are a stride apart along each spatial axis. */
export function spreadOut(graph: GraphBuilder, x: Value, { axes }: Geometry): Value {
  if (axes.every(axis => axis.stride === 1)) return x
  const [n, c] = [x.shape[0]!, x.shape.at(-1)!]
  const sizes = x.shape.slice(1, -1)
  const cells = reshape(graph, x, [n, ...sizes.flatMap(size => [size, 1]), c])
  const amounts = axes.flatMap(({ stride }): [number, number][] => [
    [0, 0],
    [0, stride - 1],
  ])
  const wide = pad(graph, cells, [[0, 0], ...amounts, [0, 0]], 'constant', graph.scalar(0))
  const filled = reshape(graph, wide, [n, ...sizes.map((size, i) => size * axes[i]!.stride), c])
  const end = [n, ...sizes.map((size, i) => (size - 1) * axes[i]!.stride + 1), c]
  return slice(
    graph,
    filled,
    end.map(() => 0),
    end,
    end.map(() => 1),
  )
}

/** Where an element of a window is the first that equals its extreme: the window at each offset that `choose` is asked for. */
export function firstHits(
  graph: GraphBuilder,
  extreme: Value,
  windowAt: (offset: readonly number[]) => Value,
): (offset: readonly number[]) => Value {
  let free: Value | undefined
  return offset => {
    const equal = binary(graph, 'Equal', windowAt(offset), extreme, 'bool')
    const hit = free ? binary(graph, 'And', equal, free, 'bool') : equal
    const missed = graph.node('Not', [equal], equal)
    free = free ? binary(graph, 'And', free, missed, 'bool') : missed
    return hit
  }
}
