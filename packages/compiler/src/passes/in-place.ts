import type { Graph, GraphNode, Value } from '../graph/graph.ts'
import type { Rows } from './tile-updates.ts'

/** An input or output of a graph that is state: which tensor of it, and which rows if not all. */
export interface StatePart {
  /** The name in the graph. */
  readonly name: string
  /** The name of the state's tensor. */
  readonly state: string
  readonly rows?: Pick<Rows, 'from' | 'count'>
}

/** Operations that fail on some values of their operands, such as an index out of range. */
export const FALLIBLE: ReadonlySet<string> = new Set([
  'Gather',
  'GatherElements',
  'GatherND',
  'ScatterElements',
  'ScatterND',
])
/** Operations whose result has the memory of their operand. */
const ALIASES = new Set(['Reshape', 'Identity'])
/** Operations that read element i of their operands before they write element i of their result, and nothing else. */
const ELEMENTWISE = new Set(['Sub', 'Mul', 'Div', 'Sqrt', 'Neg', 'Abs', 'Sign', 'Max', 'Min', 'Exp', 'Tanh'])

/**
 * The tensors of the state whose new values may be written over the old ones while the graph runs: whatever reads the
 * old ones comes before, in every order in which the graph can run, and so does everything that can fail on its
 * values - so that a run that fails leaves the state as it was.
 */
export function inPlaceStates(
  graph: Graph,
  inputs: readonly StatePart[],
  outputs: readonly StatePart[],
): Set<string> {
  const byName = new Map([...graph.inputs, ...graph.outputs].map(({ name, value }) => [name, value]))
  const readers = readersOf(graph)
  const parts = inputs.map(part => ({ ...part, readers: readers(byName.get(part.name)!) }))
  const fallible = graph.nodes.filter(node => FALLIBLE.has(node.op))
  const isBefore = ancestry(graph, new Set([...fallible, ...parts.flatMap(part => part.readers)]))

  const found = new Set(outputs.map(({ state }) => state))
  for (const output of outputs) {
    const value = byName.get(output.name)!
    const writer = value.node!
    const first = parts.filter(part => part.state === output.state && overlap(part.rows, output.rows))
    const safe =
      first.length > 0 &&
      fallible.every(node => isBefore(node, writer)) &&
      first.every(part =>
        part.readers.every(
          reader =>
            isBefore(reader, writer) ||
            (reader === writer &&
              ELEMENTWISE.has(writer.op) &&
              writer.inputs.every(input => input!.shape.length === 0 || samePlace(input!, value))),
        ),
      )
    if (!safe) found.delete(output.state)
  }
  return found
}

/** Whether element i of both is at position i. */
function samePlace(a: Value, b: Value): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i])
}

function overlap(a: StatePart['rows'], b: StatePart['rows']): boolean {
  return !a || !b || (a.from < b.from + b.count && b.from < a.from + a.count)
}

/** The nodes that read a value, also under another shape. */
function readersOf(graph: Graph): (value: Value) => GraphNode[] {
  const consumers = new Map<Value, GraphNode[]>()
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      if (!input) continue
      const nodes = consumers.get(input)
      if (nodes) nodes.push(node)
      else consumers.set(input, [node])
    }
  }
  const readers = (value: Value): GraphNode[] =>
    (consumers.get(value) ?? []).flatMap(node =>
      ALIASES.has(node.op) ? [node, ...readers(node.outputs[0]!)] : [node],
    )
  return readers
}

/** Whether one of `marked` must run before a node, because the node needs its result. */
function ancestry(
  graph: Graph,
  marked: ReadonlySet<GraphNode>,
): (earlier: GraphNode, node: GraphNode) => boolean {
  const number = new Map([...marked].map((node, i) => [node, i]))
  const words = Math.ceil(marked.size / 32)
  const before = new Map<GraphNode, Uint32Array>()
  for (const node of graph.nodes) {
    const bits = new Uint32Array(words)
    for (const input of node.inputs) {
      const source = input?.node
      if (!source) continue
      const known = before.get(source)!
      for (let i = 0; i < words; i++) bits[i]! |= known[i]!
      const own = number.get(source)
      if (own !== undefined) bits[own >> 5]! |= 1 << (own & 31)
    }
    before.set(node, bits)
  }
  return (earlier, node) => {
    const i = number.get(earlier)!
    return (before.get(node)![i >> 5]! & (1 << (i & 31))) !== 0
  }
}
