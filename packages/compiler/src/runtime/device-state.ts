import { writeCopy } from '../graph/onnx-writer.ts'
import type { TensorData, TensorSpec } from '../tree.ts'
import type { Binding, SessionOptions } from './messages.ts'
import { isState, type NodeState } from './node-state.ts'
import type { Ort, OrtSession, OrtTensor } from './ort.ts'

/** No provider computes with larger tensors of it, and WebGPU has none. */
const STAYS_HERE: TensorSpec['dtype'] = 'bool'

/**
 * State on the device: weights never travel. ONNX Runtime makes the new tensors, and once a run has succeeded the old
 * ones are freed. Between here and the device values go through graphs that only copy, for the bindings of Node have no
 * other way.
 */
export class DeviceState implements NodeState {
  private readonly ort: Ort
  private readonly options: SessionOptions
  private readonly tensors = new Map<string, OrtTensor>()
  /** State that was written before any graph told its shape. */
  private readonly unshaped = new Map<string, TensorData>()
  private readonly copiers = new Map<string, Promise<OrtSession>>()

  private constructor(ort: Ort, options: SessionOptions) {
    this.ort = ort
    this.options = options
  }

  /** Loads a first graph, which shows whether the provider is to be had here. */
  static async create(ort: Ort, options: SessionOptions): Promise<DeviceState> {
    const state = new DeviceState(ort, options)
    await state.copier('float32', 'up')
    return state
  }

  async write(name: string, data: TensorData): Promise<void> {
    const old = this.tensors.get(name)
    if (!old) {
      this.unshaped.set(name, data)
      return
    }
    this.tensors.set(name, await this.upload(data, specOf(old)))
    old.dispose()
  }

  async read(name: string): Promise<TensorData> {
    const tensor = this.tensors.get(name)
    if (!tensor) return this.unshaped.get(name)!
    if (tensor.location === 'cpu') return tensor.data as TensorData
    const copier = await this.copier(specOf(tensor).dtype, 'down')
    return (await copier.run({ x: tensor }, { y: null })).y!.data as TensorData
  }

  async adopt(inputs: readonly Binding[], outputs: readonly Binding[]): Promise<void> {
    for (const { state, spec } of [...inputs, ...outputs].filter(isState)) {
      const data = this.unshaped.get(state)
      if (data) this.tensors.set(state, await this.upload(data, spec))
      this.unshaped.delete(state)
    }
  }

  /** Nothing is written over. */
  refuseLost(): void {}

  failed(): void {}

  input({ state }: Binding & { state: string }): OrtTensor {
    return this.tensors.get(state)!
  }

  target(): null {
    return null
  }

  result(): null {
    return null
  }

  replace(outputs: readonly Binding[], results: Readonly<Record<string, OrtTensor>>): void {
    for (const { name, state } of outputs.filter(isState)) {
      const old = this.tensors.get(state)!
      this.tensors.set(state, results[name]!)
      old.dispose()
    }
  }

  async dispose(): Promise<void> {
    for (const tensor of this.tensors.values()) tensor.dispose()
    this.tensors.clear()
    this.unshaped.clear()
    for (const copier of this.copiers.values()) await (await copier).release()
    this.copiers.clear()
  }

  private async upload(data: TensorData, spec: TensorSpec): Promise<OrtTensor> {
    const here = this.ort.tensor(data, spec)
    if (spec.dtype === STAYS_HERE) return here
    const copier = await this.copier(spec.dtype, 'up')
    return (await copier.run({ x: here }, { y: null })).y!
  }

  /** A graph that copies a tensor of any shape to the device, or from it. */
  private copier(type: TensorSpec['dtype'], way: 'up' | 'down'): Promise<OrtSession> {
    const key = `${type} ${way}`
    const known = this.copiers.get(key)
    if (known) return known
    const made = this.ort.createSession(writeCopy(type), this.options, way === 'up' ? ['y'] : [])
    this.copiers.set(key, made)
    return made
  }
}

/** The outputs of a graph that stay on the device. */
export function keptOutputs(outputs: readonly Binding[]): string[] {
  return outputs
    .filter(isState)
    .filter(({ spec }) => spec.dtype !== STAYS_HERE)
    .map(({ name }) => name)
}

function specOf({ type, dims }: OrtTensor): TensorSpec {
  return { dtype: type as TensorSpec['dtype'], shape: dims }
}
