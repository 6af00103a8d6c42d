/** Types of elements inside a graph. `int64` is for the shapes, axes and indices that ONNX wants so. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool'

/** Values of a constant, row-major: `BigInt64Array` for int64, `Uint8Array` for bool. */
export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array

/** ONNX attributes, each tagged with its kind, for a whole number may be either an int or a float. */
export type Attribute = { int: number } | { float: number } | { string: string } | { ints: readonly number[] }
/** Attributes of a node by their ONNX names. */
export type Attributes = Readonly<Record<string, Attribute>>

/** A tensor inside a graph: an input, a constant, or an output of a node. */
export interface Value {
  readonly id: number
  readonly type: ElementType
  readonly shape: readonly number[]
  /** The name, if this is an input of the graph. */
  readonly input?: string
  /** The elements, if this is a constant. */
  readonly constant?: ConstantData
  /** The node that makes it, otherwise. */
  readonly node?: GraphNode
}

/** A complex value in two parts. */
export interface ComplexValue {
  readonly real: Value
  readonly imag: Value
}

/** One ONNX operation. */
export interface GraphNode {
  readonly op: string
  /** '' for the ONNX standard, 'com.microsoft' for ONNX Runtime's own. */
  readonly domain: string
  /** `null` leaves an optional input out. */
  readonly inputs: readonly (Value | null)[]
  readonly outputs: readonly Value[]
  readonly attributes: Attributes
}

/** An input or output of a graph under its name. */
export interface NamedValue {
  readonly name: string
  readonly value: Value
  /** In the place of `value.shape`, where an axis can have any size: its name. */
  readonly axes?: readonly (number | string)[]
}

/** A finished graph; `nodes` are in an order in which they can run. */
export interface Graph {
  readonly inputs: readonly NamedValue[]
  readonly outputs: readonly NamedValue[]
  readonly nodes: readonly GraphNode[]
}

/** The value that all elements share; `undefined` if they differ or there are none. */
export function uniformValue(data: ConstantData): number | undefined {
  if (data.length === 0) return undefined
  const first = data[0]!
  // Most arrays differ early, which ends the search. Object.is distinguishes 0 from -0.
  for (let i = 1; i < data.length; i++) if (!Object.is(data[i], first)) return undefined
  return Number(first)
}
