import type { Graph, GraphNode, Value } from '../graph/graph.ts'
import { GraphBuilder } from '../graph/graph-builder.ts'

/** What a rule sees: one node of the old graph, its inputs in the new one, and how often values are used. */
export interface RewriteContext {
  readonly builder: GraphBuilder
  readonly node: GraphNode
  /** The node's inputs, already rewritten. */
  readonly inputs: readonly (Value | null)[]
  /** Number of uses, as node inputs and graph outputs, in the old graph of the value that became this one. */
  uses(value: Value): number
  /** The nodes of the old graph that read one of its values; a node called `Output` where it is an output of the graph. */
  readers(value: Value): readonly GraphNode[]
}

/** Gives the values that take the place of the node's outputs, or `undefined` to leave the node as it is. */
export type RewriteRule = (context: RewriteContext) => readonly Value[] | undefined

const OUTPUT = 'Output'

/**
 * Rebuilds the graph from its inputs to its outputs. Each node is offered to the rules in turn, the first that
 * answers wins. Nodes that have become equal are merged, and those that no output needs any more are left behind.
 */
export function rewrite(graph: Graph, rules: readonly RewriteRule[]): Graph {
  const counts = useCounts(graph)
  const readers = readersOf(graph)
  const builder = new GraphBuilder()
  const mapped = new Map<Value, Value>()
  const uses = new Map<Value, number>()
  const map = (from: Value, to: Value): void => {
    mapped.set(from, to)
    uses.set(to, (uses.get(to) ?? 0) + (counts.get(from) ?? 0))
  }
  const current = (value: Value): Value => {
    const known = mapped.get(value)
    if (known) return known
    const constant = builder.constant(value.constant!, value.type, value.shape)
    map(value, constant)
    return constant
  }

  for (const { name, value } of graph.inputs) map(value, builder.input(name, value.type, value.shape))
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(input => input && current(input))
    const context: RewriteContext = {
      ...{ builder, node, inputs },
      uses: value => uses.get(value) ?? 0,
      readers: value => readers.get(value) ?? [],
    }
    let made: readonly Value[] | undefined
    for (const rule of rules) {
      made = rule(context)
      if (made) break
    }
    made ??= builder.nodeWithOutputs(node.op, inputs, node.outputs, node)
    node.outputs.forEach((output, i) => {
      map(output, made[i]!)
    })
  }
  for (const { name, value } of graph.outputs) builder.output(name, current(value))
  return builder.finish()
}

function readersOf(graph: Graph): Map<Value, GraphNode[]> {
  const readers = new Map<Value, GraphNode[]>()
  const outputs = graph.outputs.map(({ value }) => ({
    ...{ op: OUTPUT, domain: '', inputs: [value], outputs: [], attributes: {} },
  }))
  for (const node of [...graph.nodes, ...outputs])
    for (const input of new Set(node.inputs)) {
      if (!input) continue
      const known = readers.get(input)
      if (known) known.push(node)
      else readers.set(input, [node])
    }
  return readers
}

function useCounts(graph: Graph): Map<Value, number> {
  const counts = new Map<Value, number>()
  const count = (value: Value): void => void counts.set(value, (counts.get(value) ?? 0) + 1)
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (input) count(input)
  }
  for (const { value } of graph.outputs) count(value)
  return counts
}
