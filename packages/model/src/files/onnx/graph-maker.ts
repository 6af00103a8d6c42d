/** Types of elements in {@link OnnxValue}. */
export type OnnxElement = 'float32' | 'int32' | 'int64' | 'bool'

/** An attribute of a node, by its kind. */
export type OnnxAttribute = { int: number } | { float: number } | { ints: readonly number[] }

/** A tensor in a graph: an input, a constant, or an output of a node. */
export interface OnnxValue {
  readonly id: number
  readonly type: OnnxElement
  /** Of constants. What nodes give has sizes that are known only when the graph runs. */
  readonly shape: readonly number[]
  readonly constant?: Float32Array | BigInt64Array
}

/** One operation. */
export interface OnnxNode {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** An input or output of a graph; an axis of any size is a name. */
export interface OnnxPort {
  readonly name: string
  readonly value: OnnxValue
  readonly axes: readonly (number | string)[]
}

/** A graph as `writeOnnx` of `@tinystories/compiler` takes it. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  readonly nodes: readonly OnnxNode[]
}

/** Writes down operations of ONNX (opset 18) whose tensors have axes of any size, in the order in which they are asked for. */
export class GraphMaker implements OnnxGraph {
  readonly inputs: OnnxPort[] = []
  readonly outputs: OnnxPort[] = []
  readonly nodes: OnnxNode[] = []
  #count = 0

  input(name: string, type: OnnxElement, axes: OnnxPort['axes']): OnnxValue {
    const value = this.#value(type)
    this.inputs.push({ name, value, axes })
    return value
  }

  output(name: string, value: OnnxValue, axes: OnnxPort['axes']): void {
    this.outputs.push({ name, value, axes })
  }

  floats(constant: Float32Array, shape: readonly number[]): OnnxValue {
    return { ...this.#value('float32'), shape, constant }
  }

  /** A constant of shape []. */
  scalar(value: number): OnnxValue {
    return this.floats(Float32Array.of(value), [])
  }

  /** A list, or with a number alone a constant of shape []. */
  ints(values: number | readonly number[]): OnnxValue {
    const constant = BigInt64Array.from([values].flat(), BigInt)
    return { ...this.#value('int64'), shape: typeof values === 'number' ? [] : [values.length], constant }
  }

  op(op: string, inputs: readonly OnnxValue[], attributes: OnnxNode['attributes'] = {}): OnnxValue {
    return this.ops(1, op, inputs, attributes)[0]!
  }

  /** An operation with several outputs. */
  ops(
    count: number,
    op: string,
    inputs: readonly OnnxValue[],
    attributes: OnnxNode['attributes'] = {},
  ): OnnxValue[] {
    const outputs = Array.from({ length: count }, () => this.#value('float32'))
    this.nodes.push({ op, domain: '', inputs, outputs, attributes })
    return outputs
  }

  /** 0 keeps the size of the axis at the same place, -1 takes what is left. */
  reshape(x: OnnxValue, shape: readonly number[]): OnnxValue {
    return this.op('Reshape', [x, this.ints(shape)])
  }

  transpose(x: OnnxValue, perm: readonly number[]): OnnxValue {
    return this.op('Transpose', [x], { perm: { ints: perm } })
  }

  #value(type: OnnxElement): OnnxValue {
    return { id: this.#count++, type, shape: [] }
  }
}
