import type { TensorData, TensorSpec } from '../tree.ts'
import type { Copier } from './copier.ts'
import type { Binding } from './messages.ts'
import { isState, type NodeState } from './node-state.ts'
import type { Ort, OrtTensor } from './ort.ts'

/** The current tensor, and the one to write next where ONNX Runtime writes into given tensors. */
interface Slot {
  current: OrtTensor
  spare?: OrtTensor
}

/**
 * State on the device: weights never travel. Two sets take turns where ONNX Runtime fills given tensors; elsewhere it
 * makes new ones, and once a run has succeeded the old ones are freed.
 */
export class DeviceState implements NodeState {
  readonly #ort: Ort
  readonly #copier: Copier
  readonly #slots = new Map<string, Slot>()
  /** State that was written before any graph gave its shape. */
  readonly #unshaped = new Map<string, TensorData>()

  constructor(ort: Ort, copier: Copier) {
    this.#ort = ort
    this.#copier = copier
  }

  async write(name: string, data: TensorData): Promise<void> {
    const slot = this.#slots.get(name)
    if (!slot) {
      this.#unshaped.set(name, data)
      return
    }
    const { current } = slot
    const { type, dims } = current
    const host = this.#ort.tensor(data, { dtype: type as TensorSpec['dtype'], shape: dims })
    slot.current = await this.#toDevice(host, this.#ort.fills ? current : null)
    if (!this.#ort.fills) current.dispose()
  }

  async read(name: string): Promise<TensorData> {
    const tensor = this.#slots.get(name)?.current
    if (!tensor) return this.#unshaped.get(name)!
    return (tensor.location === 'cpu' ? tensor : await this.#copier.fromDevice(tensor)).data as TensorData
  }

  async adopt(inputs: readonly Binding[], outputs: readonly Binding[]): Promise<void> {
    for (const { state, spec } of [...inputs, ...outputs].filter(isState)) {
      const data = this.#unshaped.get(state)
      if (!data) continue
      this.#slots.set(state, { current: await this.#toDevice(this.#ort.tensor(data, spec)) })
      this.#unshaped.delete(state)
    }
    if (!this.#ort.fills) return
    for (const { state } of outputs.filter(isState)) {
      const slot = this.#slots.get(state)!
      slot.spare ??= await this.#toDevice(slot.current)
    }
  }

  /** Nothing is written over. */
  refuseLost(): void {}

  failed(): void {}

  input({ state }: Binding & { state: string }): OrtTensor {
    return this.#slots.get(state)!.current
  }

  target({ state }: Binding & { state: string }): OrtTensor | null {
    return this.#slots.get(state)!.spare ?? null
  }

  result(): null {
    return null
  }

  replace(outputs: readonly Binding[], results: Readonly<Record<string, OrtTensor>>): void {
    for (const { name, state } of outputs.filter(isState)) {
      const slot = this.#slots.get(state)!
      const { current } = slot
      slot.current = results[name]!
      if (slot.spare) slot.spare = current
      else current.dispose()
    }
  }

  /** On WebGPU a tensor's memory is the session's that made it: a copy has the copier's, which stays to the end. */
  async leave(outputs: readonly Binding[]): Promise<void> {
    if (this.#ort.fills) return
    for (const { state } of outputs.filter(isState)) {
      const slot = this.#slots.get(state)!
      const { current } = slot
      if (current.location === 'cpu') continue
      slot.current = await this.#copier.toDevice(current)
      current.dispose()
    }
  }

  dispose(): void {
    for (const { current, spare } of this.#slots.values()) {
      current.dispose()
      spare?.dispose()
    }
    this.#slots.clear()
    this.#unshaped.clear()
  }

  #toDevice(tensor: OrtTensor, into?: OrtTensor | null): Promise<OrtTensor> {
    // WebGPU has no bool, which then travels with each run.
    return this.#copier.takes(tensor.type) ? this.#copier.toDevice(tensor, into) : Promise.resolve(tensor)
  }
}

/** The outputs of a graph that stay on the device. */
export function keptOutputs(outputs: readonly Binding[], copier: Copier): string[] {
  return outputs
    .filter(isState)
    .filter(({ spec }) => copier.takes(spec.dtype))
    .map(({ name }) => name)
}
