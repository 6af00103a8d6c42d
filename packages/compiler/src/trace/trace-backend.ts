import type { BackendValues, DataId, DataType, TensorInfo, TypedArray } from '@tensorflow/tfjs-core'
import { KernelBackend } from '@tensorflow/tfjs-core'
import { CompilerError } from '../errors.ts'
import {
  type ComplexValue,
  type ConstantData,
  type ElementType,
  uniformValue,
  type Value,
} from '../graph/graph.ts'
import { GraphBuilder } from '../graph/graph-builder.ts'
import { unfitTypes } from '../graph/operand-types.ts'
import { filled } from '../graph/operations.ts'
import { sizeOf } from '../tree.ts'
import { userLocation } from './user-location.ts'

const CAST_FIRST = 'Cast its operands first, with tf.cast, to one type, and bool to int32 or float32.'

interface Entry {
  references: number
  readonly shape: readonly number[]
  readonly dtype: DataType
  /** Elements of a tensor made from values; it becomes a constant of the graph once a kernel uses it. */
  readonly values?: ConstantData
  /** The parts of a complex tensor. */
  readonly parts?: ComplexValue
  value?: Value
}

/**
 * A tfjs backend without numbers: each tensor stands for a value of the graph that is being built. Tensors of
 * other backends are never moved here, so tracing leaves them untouched.
 */
export class TraceBackend extends KernelBackend {
  readonly graph: GraphBuilder = new GraphBuilder((op, inputs) => {
    const types = unfitTypes(op, inputs)
    if (types === undefined) return
    const details = { kernel: this.kernel, type: types, location: userLocation() }
    throw new CompilerError('unsupported-type', { ...details, remedy: CAST_FIRST })
  })
  /** The tfjs kernel that is being translated, for errors. */
  kernel = ''
  /** For ops that choose how much they compute in one operation: a launch costs more than a cache miss. */
  readonly largeOperations: boolean
  /** What a variable stands for, and a tensor that was made outside of the traced function, where they may be used. */
  resolveOutside: ((tensor: TensorInfo, isOutside: boolean) => Value | undefined) | undefined
  readonly #entries = new Map<DataId, Entry>()
  #refusal: unknown

  constructor(largeOperations: boolean) {
    super()
    this.largeOperations = largeOperations
  }

  /** The tensor that stands for `value`. */
  tensorInfo(value: Value | ComplexValue): TensorInfo {
    const dataId = {}
    if ('real' in value) {
      const { shape } = value.real
      this.#entries.set(dataId, { references: 1, shape, dtype: 'complex64', parts: value })
      return { dataId, shape: [...shape], dtype: 'complex64' }
    }
    this.#entries.set(dataId, { references: 1, shape: value.shape, dtype: dtypeOf(value.type), value })
    return { dataId, shape: [...value.shape], dtype: dtypeOf(value.type) }
  }

  /**
   * The value that a tensor stands for.
   * @param user what uses it, for the error
   * @throws CompilerError for a tensor made outside of the traced function
   */
  resolve(tensor: TensorInfo, user: string): Value {
    const entry = this.#entries.get(tensor.dataId)
    // Asked first: a variable may share its first elements with a tensor of the trace.
    const outside = this.resolveOutside?.(tensor, !entry)
    if (outside) return outside
    if (!entry) throw capturedTensor(tensor, user)
    if (entry.parts) throw complexOperand(user)
    entry.value ??= this.#constant(entry.values!, elementTypeOf(entry.dtype), entry.shape)
    return entry.value
  }

  /** The parts of a tensor that may be complex. */
  parts(tensor: TensorInfo, user: string): ComplexValue {
    const parts = this.#entries.get(tensor.dataId)?.parts
    if (parts) return parts
    const real = this.resolve(tensor, user)
    return { real, imag: filled(this.graph, 0, real.type, real.shape) }
  }

  /** `tf.zeros` and `tf.ones` write whole arrays of one number: the graph keeps that number only. */
  #constant(data: ConstantData, type: ElementType, shape: readonly number[]): Value {
    const value = data.length > 1 ? uniformValue(data) : undefined
    return value === undefined
      ? this.graph.constant(data, type, shape)
      : filled(this.graph, value, type, shape)
  }

  override write(values: BackendValues | null, shape: number[], dtype: DataType): DataId {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: DataId,
    values: BackendValues | null,
    shape: number[],
    dtype: DataType,
    references: number,
  ): void {
    if (dtype === 'string' || dtype === 'complex64') {
      throw new CompilerError('unsupported-dtype', { dtype, location: userLocation() })
    }
    const type = elementTypeOf(dtype)
    this.#entries.set(dataId, {
      references,
      shape: [...shape],
      dtype,
      values: constantData(values, type, sizeOf(shape)),
    })
  }

  override readSync(dataId: DataId): TypedArray {
    const entry = this.#entries.get(dataId)
    // What was written can be read back: it is the same in every run.
    const values = entry?.values ?? entry?.value?.constant
    if (values) return values.slice() as TypedArray
    const { shape, dtype } = entry ?? {}
    throw this.remember(new CompilerError('read-while-tracing', { shape, dtype, location: userLocation() }))
  }

  /**
   * A promise that would reject could end the process before anybody handles it: this one never settles, and
   * `refuseWhatWasCaught` throws the error.
   */
  override read(dataId: DataId): Promise<TypedArray> {
    try {
      return Promise.resolve(this.readSync(dataId))
    } catch {
      return new Promise(() => {})
    }
  }

  /** Keeps the first refusal, whoever catches it. @returns the error */
  remember(error: unknown): unknown {
    if (CompilerError.isInstance(error)) this.#refusal ??= error
    return error
  }

  /** @throws CompilerError what was refused, if the traced function caught it or did not wait for it */
  refuseWhatWasCaught(): void {
    if (this.#refusal !== undefined) throw this.#refusal
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const entry = this.#entries.get(dataId)
    if (!entry) return true
    entry.references--
    if (entry.references > 0 && !force) return false
    this.#entries.delete(dataId)
    return true
  }

  override refCount(dataId: DataId): number {
    return this.#entries.get(dataId)?.references ?? 0
  }

  override incRef(dataId: DataId): void {
    const entry = this.#entries.get(dataId)
    if (entry) entry.references++
  }

  override numDataIds(): number {
    return this.#entries.size
  }

  override timerAvailable(): boolean {
    return false
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  /** The smallest difference from 1 that tfjs ops may count on in float32. */
  override epsilon(): number {
    return 1e-7
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override dispose(): void {
    this.#entries.clear()
  }
}

export function elementTypeOf(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new CompilerError('unsupported-dtype', { dtype, location: undefined })
}

export function dtypeOf(type: ElementType): 'float32' | 'int32' | 'bool' {
  // int64 lives inside of kernels only; they cast before they give anything to tfjs.
  if (type === 'int64') throw new Error('an int64 value left a kernel')
  return type
}

/** A copy of the elements as the type's own array: the caller may change the original before the graph is written. */
function constantData(values: BackendValues | null, type: ElementType, size: number): ConstantData {
  const source = (values ?? new Float32Array(size)) as ArrayLike<number>
  if (type === 'float32') return new Float32Array(source)
  if (type === 'int32') return new Int32Array(source)
  return Uint8Array.from(source, value => (value ? 1 : 0))
}

function complexOperand(user: string): CompilerError {
  const location = userLocation()
  return new CompilerError('unsupported-dtype', { dtype: 'complex64', location, user })
}

function capturedTensor({ shape, dtype }: TensorInfo, user: string): CompilerError {
  return new CompilerError('captured-tensor', { user, shape, dtype, location: userLocation() })
}
