import type { Graph, GraphNode, Value } from '../graph/graph.ts'
import { GraphBuilder, sameShape } from '../graph/graph-builder.ts'
import { sizeOf } from '../tree.ts'
import { ELEMENTWISE } from './elementwise.ts'

/** Larger tensors gain nothing: their operations take longer than their call. */
const MOST_ELEMENTS = 16_384
const FEWEST_MEMBERS = 4
const PACKABLE = new Set([...ELEMENTWISE, 'Tanh'])

/** Nodes that do the same to tensors that fit one below the other. */
interface Pack {
  readonly members: GraphNode[]
  /** Rows of each member in the packed tensor. */
  readonly rows: number[]
  readonly shape: readonly number[]
  /** The packed result, once it is made. */
  value?: Value
}

/**
 * Does the same arithmetic on many small tensors at once: an optimizer that takes a dozen operations for each bias
 * and norm then takes a dozen for all of them, on one tensor that they are joined into and split out of.
 *
 * Nodes may share a pack if they have the same operation, the same scalars, and the same number of nodes between them
 * and the outputs - so none can depend on another, and packs cannot wait for each other in a ring.
 *
 * @param most members of a pack
 */
export function packSmall(graph: Graph, most: number = Number.POSITIVE_INFINITY): Graph {
  const packOf = findPacks(graph, most)
  if (packOf.size === 0) return graph
  const builder = new GraphBuilder()
  const made = new Map<Value, Value>()
  for (const { name, value } of graph.inputs) made.set(value, builder.input(name, value.type, value.shape))

  const get = (value: Value): Value => {
    const known = made.get(value)
    if (known) return known
    if (value.constant) return builder.constant(value.constant, value.type, value.shape)
    const pack = packOf.get(value.node!)
    if (!pack) emit(value.node!)
    else unpack(pack)
    return made.get(value)!
  }
  const emit = (node: GraphNode): void => {
    const outputs = builder.nodeWithOutputs(
      node.op,
      node.inputs.map(input => input && get(input)),
      node.outputs,
      node,
    )
    node.outputs.forEach((output, i) => {
      made.set(output, outputs[i]!)
    })
  }
  const packed = (pack: Pack): Value => {
    pack.value ??= emitPack(pack)
    return pack.value
  }
  const emitPack = ({ members, shape }: Pack): Value => {
    const [first] = members as [GraphNode]
    const inputs = first.inputs.map((input, i) => {
      if (isScalar(input!)) return get(input!)
      const source = sourceOf(members, i, packOf)
      if (source) return packed(source)
      const type = input!.type
      return builder.node(
        'Concat',
        members.map(member => get(member.inputs[i]!)),
        { type, shape },
        { attributes: { axis: { int: 0 } } },
      )
    })
    return builder.node(first.op, inputs, { type: first.outputs[0]!.type, shape }, first)
  }
  const unpack = (pack: Pack): void => {
    const { members, rows } = pack
    const outputs = members.map(member => member.outputs[0]!)
    const parts = builder.nodeWithOutputs('Split', [packed(pack), builder.ints(rows)], outputs, {
      attributes: { axis: { int: 0 } },
    })
    outputs.forEach((output, i) => {
      made.set(output, parts[i]!)
    })
  }

  // Plain nodes in their order; packs when somebody asks for them, which is after all of their operands.
  for (const node of graph.nodes) if (!packOf.has(node)) emit(node)
  for (const { name, value } of graph.outputs) builder.output(name, get(value))
  return builder.finish()
}

/** The packs that are worth their joining and splitting, by their members. */
function findPacks(graph: Graph, most: number): Map<GraphNode, Pack> {
  const height = heights(graph)
  const groups = new Map<string, Pack>()
  const groupOf = new Map<GraphNode, Pack>()
  const numbers = new Map<Pack, number>()
  for (const node of graph.nodes) {
    const [output] = node.outputs as [Value]
    if (!isSmallElementwise(node)) continue
    const operands = node.inputs.map(input => {
      if (isScalar(input!)) return `s${input!.id}`
      const group = input!.node && groupOf.get(input!.node)
      return group ? `g${numbers.get(group)}` : 't'
    })
    const key = [
      node.op,
      JSON.stringify(node.attributes),
      height.get(node),
      output.shape.slice(1),
      ...operands,
    ].join('|')
    let group = groups.get(key)
    if (!group || group.members.length === most) {
      group = { members: [], rows: [], shape: [] }
      numbers.set(group, numbers.size)
      groups.set(key, group)
    }
    group.members.push(node)
    group.rows.push(output.shape[0]!)
    groupOf.set(node, group)
  }
  const large = new Map<GraphNode, Pack>()
  for (const { members, rows } of numbers.keys()) {
    if (members.length < FEWEST_MEMBERS) continue
    const total = rows.reduce((sum, count) => sum + count, 0)
    const pack = { members, rows, shape: [total, ...members[0]!.outputs[0]!.shape.slice(1)] }
    for (const member of members) large.set(member, pack)
  }
  return keepWorthwhile(graph, large)
}

/** Leaves out the packs whose chains are so short that joining and splitting costs as much as they save. */
function keepWorthwhile(graph: Graph, packOf: Map<GraphNode, Pack>): Map<GraphNode, Pack> {
  const consumers = new Map<Value, (GraphNode | null)[]>()
  const use = (value: Value, by: GraphNode | null): void => {
    const users = consumers.get(value)
    if (users) users.push(by)
    else consumers.set(value, [by])
  }
  for (const node of graph.nodes) for (const input of node.inputs) if (input) use(input, node)
  for (const { value } of graph.outputs) use(value, null)

  // Packs that feed each other stand or fall together.
  const chain = new Map<Pack, Set<Pack>>()
  const packs = new Set(packOf.values())
  for (const pack of packs) chain.set(pack, new Set([pack]))
  const entries = new Map<Pack, number>()
  for (const pack of packs) {
    let count = 0
    for (const [i, input] of pack.members[0]!.inputs.entries()) {
      if (isScalar(input!)) continue
      const source = sourceOf(pack.members, i, packOf)
      if (!source) count++
      else if (chain.get(source) !== chain.get(pack)) {
        const joined = new Set([...chain.get(source)!, ...chain.get(pack)!])
        for (const each of joined) chain.set(each, joined)
      }
    }
    const leaves = pack.members.some(member =>
      consumers.get(member.outputs[0]!)?.some(user => user === null || !packOf.has(user)),
    )
    entries.set(pack, count + Number(leaves))
  }
  const kept = new Map<GraphNode, Pack>()
  for (const [node, pack] of packOf) {
    const together = chain.get(pack)!
    const ends = [...together].reduce((sum, each) => sum + entries.get(each)!, 0)
    if (together.size > ends) kept.set(node, pack)
  }
  return kept
}

/** The pack whose members make operand `i` of these nodes, in the same order. */
function sourceOf(
  members: readonly GraphNode[],
  i: number,
  packOf: ReadonlyMap<GraphNode, Pack>,
): Pack | undefined {
  const first = members[0]!.inputs[i]!.node
  const source = first && packOf.get(first)
  if (source?.members.length !== members.length) return undefined
  return members.every((member, j) => member.inputs[i]!.node === source.members[j]) ? source : undefined
}

function isSmallElementwise(node: GraphNode): boolean {
  const [output] = node.outputs as [Value]
  const size = sizeOf(output.shape)
  return (
    PACKABLE.has(node.op) &&
    node.domain === '' &&
    output.type === 'float32' &&
    output.shape.length > 0 &&
    size > 0 &&
    size <= MOST_ELEMENTS &&
    node.inputs.every(input => isScalar(input!) || sameShape(input!.shape, output.shape)) &&
    node.inputs.some(input => !isScalar(input!))
  )
}

function isScalar(value: Value): boolean {
  return value.shape.length === 0
}

/** The number of nodes on the longest way from each node to an output. */
function heights(graph: Graph): Map<GraphNode, number> {
  const height = new Map<GraphNode, number>()
  for (const node of graph.nodes.toReversed()) {
    const own = height.get(node) ?? 0
    height.set(node, own)
    for (const input of node.inputs) {
      if (input?.node) height.set(input.node, Math.max(height.get(input.node) ?? 0, own + 1))
    }
  }
  return height
}
