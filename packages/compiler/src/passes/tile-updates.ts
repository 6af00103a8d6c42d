import type { Graph, GraphNode, Value } from '../graph/graph.ts'
import { GraphBuilder, sameShape } from '../graph/graph-builder.ts'
import { sizeOf } from '../tree.ts'
import { ELEMENTWISE } from './elementwise.ts'

/** Elements of a tile: the four to seven tensors of an optimizer's chain then stay in the processor's cache. */
const TILE = 2 ** 17
/** Shorter chains gain less than the cutting of their other operands costs. */
const FEWEST_NODES = 4

/** Rows `from` to `from + count` of the tensor that the graph has, or had, under the name `of`. */
export interface Rows {
  readonly of: string
  readonly from: number
  readonly count: number
}

export interface TiledGraph {
  readonly graph: Graph
  /** What the inputs and outputs are that stand for a part of a tensor of the state. */
  readonly rows: ReadonlyMap<string, Rows>
}

/**
 * Computes the new state tile by tile, where that is a chain of elementwise operations on large tensors, as it is in
 * an optimizer: each tile goes through the whole chain while it is in the cache. The tensors of the state are not cut
 * for that; the graph has each tile as an input and an output of its own, to be bound to a view of the tensor.
 *
 * @param state the names of inputs and outputs that are state
 */
export function tileUpdates(graph: Graph, state: ReadonlySet<string>): TiledGraph {
  const regions = findRegions(graph, state)
  const rows = new Map<string, Rows>()
  if (regions.length === 0) return { graph, rows }
  const tiled = new Map(regions.flatMap(region => [...region.nodes].map(node => [node, region] as const)))
  const builder = new GraphBuilder()
  const made = new Map<Value, Value>()
  const used = wholeUses(graph, tiled)
  for (const { name, value } of graph.inputs) {
    // What only tiles read is not read as a whole.
    if (used.has(value) || !state.has(name)) made.set(value, builder.input(name, value.type, value.shape))
  }
  const whole = (value: Value): Value =>
    made.get(value) ?? builder.constant(value.constant!, value.type, value.shape)
  for (const node of graph.nodes) {
    if (tiled.has(node)) continue
    const inputs = node.inputs.map(input => input && whole(input))
    const outputs = builder.nodeWithOutputs(node.op, inputs, node.outputs, node)
    node.outputs.forEach((output, i) => {
      made.set(output, outputs[i]!)
    })
  }
  const nameOf = new Map(graph.outputs.map(({ name, value }) => [value, name]))
  for (const { name, value } of graph.outputs) {
    if (!value.node || !tiled.has(value.node)) builder.output(name, whole(value))
  }
  for (const { nodes, shape } of regions) {
    const length = shape[0]!
    const tiles = Math.ceil(sizeOf(shape) / TILE)
    const count = Math.ceil(length / tiles)
    for (let from = 0; from < length; from += count) {
      const part = { from, count: Math.min(count, length - from) }
      const tile = [part.count, ...shape.slice(1)]
      const parts = new Map<Value, Value>()
      const partOf = (value: Value): Value => {
        if (value.shape.length === 0) return whole(value)
        const known = parts.get(value)
        if (known) return known
        const cut =
          value.input !== undefined && state.has(value.input)
            ? builder.input(`${value.input}@${from}`, value.type, tile)
            : builder.node(
                'Slice',
                [whole(value), builder.ints([from]), builder.ints([from + part.count]), builder.ints([0])],
                { type: value.type, shape: tile },
              )
        if (cut.input !== undefined) rows.set(cut.input, { of: value.input!, ...part })
        parts.set(value, cut)
        return cut
      }
      for (const node of nodes) {
        const [output] = node.outputs as [Value]
        const spec = { type: output.type, shape: tile }
        const result = builder.node(
          node.op,
          node.inputs.map(input => partOf(input!)),
          spec,
          node,
        )
        parts.set(output, result)
        const name = nameOf.get(output)
        if (name === undefined) continue
        builder.output(`${name}@${from}`, result)
        rows.set(`${name}@${from}`, { of: name, ...part })
      }
    }
  }
  return { graph: builder.finish(), rows }
}

interface Region {
  /** In an order in which they can run. */
  readonly nodes: readonly GraphNode[]
  readonly shape: readonly number[]
}

/** Connected elementwise nodes on large tensors of one shape that end in outputs of the state. */
function findRegions(graph: Graph, state: ReadonlySet<string>): Region[] {
  const members = new Set<GraphNode>()
  const ends = new Set<Value>()
  for (const { name, value } of graph.outputs) {
    if (!state.has(name) || sizeOf(value.shape) < 2 * TILE || value.shape[0]! < 2) continue
    ends.add(value)
    const pending: (Value | null)[] = [value]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const node = next?.node
      if (!node || members.has(node) || !isElementwise(node, value.shape)) continue
      members.add(node)
      pending.push(...node.inputs)
    }
  }
  leaveSharedOut(graph, members, ends)

  const group = new Map<GraphNode, GraphNode[]>()
  for (const node of graph.nodes) {
    if (!members.has(node)) continue
    const joined = new Set<GraphNode[]>()
    for (const input of node.inputs) {
      const nodes = input?.node && group.get(input.node)
      if (nodes) joined.add(nodes)
    }
    const nodes = [...[...joined].flat(), node]
    for (const each of nodes) group.set(each, nodes)
  }
  const order = new Map(graph.nodes.map((node, i) => [node, i]))
  return [...new Set(group.values())]
    .filter(nodes => nodes.length >= FEWEST_NODES)
    .map(nodes => ({
      nodes: nodes.toSorted((a, b) => order.get(a)! - order.get(b)!),
      shape: nodes[0]!.outputs[0]!.shape,
    }))
}

/** Takes out the nodes whose results are also needed elsewhere, as a whole. */
function leaveSharedOut(graph: Graph, members: Set<GraphNode>, ends: ReadonlySet<Value>): void {
  const elsewhere = new Set<Value>()
  for (const { value } of graph.outputs) if (!ends.has(value)) elsewhere.add(value)
  // From the end, so that what a node taken out needs is taken out, too.
  for (const node of graph.nodes.toReversed()) {
    if (members.has(node) && node.outputs.some(output => elsewhere.has(output))) members.delete(node)
    if (!members.has(node)) for (const input of node.inputs) if (input) elsewhere.add(input)
  }
}

function isElementwise(node: GraphNode, shape: readonly number[]): boolean {
  return (
    ELEMENTWISE.has(node.op) &&
    node.domain === '' &&
    node.outputs[0]!.type === 'float32' &&
    sameShape(node.outputs[0]!.shape, shape) &&
    node.inputs.every(input => input!.shape.length === 0 || sameShape(input!.shape, shape))
  )
}

/** The values that something other than tiles needs. */
function wholeUses(graph: Graph, tiled: ReadonlyMap<GraphNode, Region>): Set<Value> {
  const used = new Set<Value>(graph.outputs.map(({ value }) => value))
  for (const node of graph.nodes) {
    if (!tiled.has(node)) for (const input of node.inputs) if (input) used.add(input)
  }
  return used
}
