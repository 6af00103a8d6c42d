import type { Attributes, ConstantData, ElementType, Graph, GraphNode, NamedValue, Value } from './graph.ts'

/** What a node makes: one entry for each output. */
export interface OutputSpec {
  type: ElementType
  shape: readonly number[]
}

export interface NodeOptions {
  attributes?: Attributes
  domain?: string
}

type NodeCheck = (op: string, inputs: readonly (Value | null)[]) => void

/**
 * Builds a graph. Nodes are pure, so asking for the same operation on the same values twice gives the same value
 * (common subexpressions never arise), and equal constants are one constant.
 */
export class GraphBuilder {
  readonly #inputs: NamedValue[] = []
  readonly #outputs: NamedValue[] = []
  readonly #nodes: GraphNode[] = []
  readonly #known = new Map<string, GraphNode>()
  readonly #constants = new Map<string, Value[]>()
  readonly #constantsByArray = new Map<ConstantData, Value>()
  #nextId = 0
  readonly #check: NodeCheck | undefined

  /** @param check sees each node before it is made, and may throw */
  constructor(check?: NodeCheck) {
    this.#check = check
  }

  input(name: string, type: ElementType, shape: readonly number[]): Value {
    const value: Value = { id: this.#nextId++, type, shape: [...shape], input: name }
    this.#inputs.push({ name, value })
    return value
  }

  output(name: string, value: Value): void {
    this.#outputs.push({ name, value })
  }

  constant(data: ConstantData, type: ElementType, shape: readonly number[]): Value {
    const known = this.#constantsByArray.get(data)
    if (known && known.type === type && sameShape(known.shape, shape)) return known
    const key = `${type}[${shape.join()}]${hashOf(data)}`
    const alike = this.#constants.get(key) ?? []
    const equal = alike.find(({ constant }) => equalBytes(constant!, data))
    if (equal) return equal
    const value: Value = { id: this.#nextId++, type, shape: [...shape], constant: data }
    this.#constants.set(key, [...alike, value])
    this.#constantsByArray.set(data, value)
    return value
  }

  /** A one-dimensional int64 constant: axes, shapes, starts, ends. */
  ints(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), 'int64', [values.length])
  }

  /** A constant of shape []. */
  scalar(value: number, type: ElementType = 'float32'): Value {
    return this.constant(arrayOf(type, [value]), type, [])
  }

  node(op: string, inputs: readonly (Value | null)[], output: OutputSpec, options?: NodeOptions): Value {
    return this.nodeWithOutputs(op, inputs, [output], options)[0]!
  }

  nodeWithOutputs(
    op: string,
    inputs: readonly (Value | null)[],
    outputs: readonly OutputSpec[],
    { attributes = {}, domain = '' }: NodeOptions = {},
  ): readonly Value[] {
    const names = Object.keys(attributes).sort()
    const key = [
      `${domain}:${op}:${outputs.length}`,
      inputs.map(input => input?.id ?? '').join(),
      ...names.map(name => `${name}=${JSON.stringify(attributes[name])}`),
    ].join('|')
    const known = this.#known.get(key)
    if (known) return known.outputs
    this.#check?.(op, inputs)
    const made: Value[] = []
    const node: GraphNode = { op, domain, inputs: [...inputs], outputs: made, attributes }
    for (const { type, shape } of outputs) made.push({ id: this.#nextId++, type, shape: [...shape], node })
    this.#nodes.push(node)
    this.#known.set(key, node)
    return made
  }

  /**
   * The graph of what the outputs need. An output that is an input, a constant or another output as well gets a copy
   * of its own.
   */
  finish(): Graph {
    const taken = new Set<Value>()
    const copies: GraphNode[] = []
    const outputs = this.#outputs.map(({ name, value }) => {
      if (value.node && !taken.has(value)) {
        taken.add(value)
        return { name, value }
      }
      const made: Value[] = []
      const node: GraphNode = { op: 'Identity', domain: '', inputs: [value], outputs: made, attributes: {} }
      made.push({ id: this.#nextId++, type: value.type, shape: value.shape, node })
      copies.push(node)
      return { name, value: made[0]! }
    })
    const live = liveNodes(outputs)
    return {
      inputs: this.#inputs,
      outputs,
      nodes: [...this.#nodes, ...copies].filter(node => live.has(node)),
    }
  }
}

/** The nodes that some output needs. */
function liveNodes(outputs: readonly NamedValue[]): Set<GraphNode> {
  const live = new Set<GraphNode>()
  const pending = outputs.map(({ value }) => value)
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (!value.node || live.has(value.node)) continue
    live.add(value.node)
    for (const input of value.node.inputs) if (input) pending.push(input)
  }
  return live
}

/** A typed array of the elements of a graph constant. */
export function arrayOf(type: ElementType, values: readonly number[]): ConstantData {
  switch (type) {
    case 'float32':
      return Float32Array.from(values)
    case 'int32':
      return Int32Array.from(values)
    case 'int64':
      return BigInt64Array.from(values, BigInt)
    case 'bool':
      return Uint8Array.from(values)
  }
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i])
}

/** FNV-1a over words, which distinguishes most constants. */
function hashOf(data: ConstantData): number {
  let hash = 0x811c9dc5
  for (const word of words(data)) hash = Math.imul(hash ^ word, 0x01000193)
  return hash
}

function equalBytes(a: ConstantData, b: ConstantData): boolean {
  const [left, right] = [words(a), words(b)]
  return left.length === right.length && left.every((word, i) => word === right[i])
}

function words(data: ConstantData): Uint8Array | Int32Array {
  return data instanceof Uint8Array
    ? data
    : new Int32Array(data.buffer, data.byteOffset, data.byteLength / Int32Array.BYTES_PER_ELEMENT)
}
