import { messageOf } from '@tinystories/utils/errors'
import { CompilerError } from '../errors.ts'
import { FALLIBLE } from '../passes/in-place.ts'
import type { TensorData, TensorSpec } from '../tree.ts'
import type { Binding } from './messages.ts'
import { isState, type NodeState } from './node-state.ts'
import type { Ort, OrtTensor } from './ort.ts'

/** The current tensor and, once some graph replaces it, the one to write next. */
interface Slot {
  current: OrtTensor
  spare?: OrtTensor
}

/** State in memory that ONNX Runtime reads and writes in place: over the old values, or into a second set. */
export class CpuState implements NodeState {
  readonly #ort: Ort
  readonly #slots = new Map<string, Slot>()
  /** State that was written before any graph gave its shape. */
  readonly #unshaped = new Map<string, TensorData>()
  /** What a failed run left half written, with its error. */
  readonly #lost = new Map<string, string>()
  /** Views of the tensors, which live as long as they. */
  readonly #views = new WeakMap<OrtTensor, Map<string, OrtTensor>>()

  constructor(ort: Ort) {
    this.#ort = ort
  }

  write(name: string, data: TensorData): void {
    this.#lost.delete(name)
    const slot = this.#slots.get(name)
    // Into the tensor that is there: graphs are bound to it.
    if (slot) (slot.current.data as TensorData).set(data)
    else this.#unshaped.set(name, data)
  }

  read(name: string): TensorData {
    return (this.#slots.get(name)?.current.data as TensorData | undefined) ?? this.#unshaped.get(name)!
  }

  adopt(inputs: readonly Binding[], outputs: readonly Binding[]): void {
    for (const { state, spec } of inputs.filter(isState)) this.#slot(state, spec)
    for (const { state, spec, inPlace } of outputs.filter(isState)) {
      const slot = this.#slot(state, spec)
      if (!inPlace) slot.spare ??= this.#empty(spec)
    }
  }

  refuseLost(names: readonly (string | undefined)[]): void {
    const name = names.find(name => name !== undefined && this.#lost.has(name))
    if (name === undefined) return
    throw new CompilerError('lost-state', { name, problem: this.#lost.get(name)! })
  }

  input({ state, rows }: Binding & { state: string }): OrtTensor {
    return this.#view(this.#slots.get(state)!.current, rows)
  }

  target({ state, rows, inPlace }: Binding & { state: string }): OrtTensor {
    const { current, spare } = this.#slots.get(state)!
    return this.#view(inPlace ? current : spare!, rows)
  }

  result(spec: TensorSpec): OrtTensor {
    return this.#empty(spec)
  }

  replace(outputs: readonly Binding[]): void {
    const doubled = outputs.filter(isState).filter(({ inPlace }) => !inPlace)
    for (const state of new Set(doubled.map(output => output.state))) {
      const slot = this.#slots.get(state)!
      const { current, spare } = slot
      slot.current = spare!
      slot.spare = current
    }
  }

  /**
   * What is written in place may be half new. Not where an operation failed that its values can make fail, for those
   * come before all that is written in place.
   */
  failed(outputs: readonly Binding[], error: unknown): void {
    // ONNX Runtime's errors are text only. Where this finds nothing the state counts as lost.
    const operation = /while running (\w+) node/.exec(messageOf(error))?.[1]
    if (operation !== undefined && FALLIBLE.has(operation)) return
    for (const { state, inPlace } of outputs.filter(isState))
      if (inPlace) this.#lost.set(state, messageOf(error))
  }

  /** All tensors are made here. */
  leave(): void {}

  dispose(): void {
    this.#slots.clear()
    this.#unshaped.clear()
  }

  #slot(name: string, spec: TensorSpec): Slot {
    const known = this.#slots.get(name)
    if (known) return known
    const made = { current: this.#ort.tensor(this.#unshaped.get(name)!, spec) }
    this.#unshaped.delete(name)
    this.#slots.set(name, made)
    return made
  }

  /** The rows of a tensor as a tensor that shares its memory; the same one each time. */
  #view(tensor: OrtTensor, rows: Binding['rows']): OrtTensor {
    if (!rows) return tensor
    const known = this.#views.get(tensor) ?? new Map<string, OrtTensor>()
    this.#views.set(tensor, known)
    const key = `${rows.from} ${rows.count}`
    let made = known.get(key)
    if (!made) {
      const inner = tensor.dims.slice(1)
      const width = inner.reduce((product, length) => product * length, 1)
      const data = (tensor.data as Float32Array).subarray(rows.from * width, (rows.from + rows.count) * width)
      made = this.#ort.tensor(data, { dtype: 'float32', shape: [rows.count, ...inner] })
      known.set(key, made)
    }
    return made
  }

  #empty(spec: TensorSpec): OrtTensor {
    const size = spec.shape.reduce((product, length) => product * length, 1)
    const Data = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[spec.dtype]
    return this.#ort.tensor(new Data(size), spec)
  }
}
