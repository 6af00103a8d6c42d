import type { Tensor } from 'onnxruntime-web'
import type { TensorData, TensorSpec } from '../tree.ts'

/** ONNX Runtime for pages. */
export type Ort = typeof import('onnxruntime-web')

/** The named tensors that stay with ONNX Runtime. */
export interface WebState {
  write(name: string, data: TensorData): void
  /** A copy. */
  read(name: string): Promise<TensorData>
  /** Sets a tensor's shape, which is not known when it is written; `written` when a graph will replace it. */
  adopt(name: string, spec: TensorSpec, options?: { written: boolean }): void
  /** What graphs read. */
  current(name: string): Tensor
  /** What a graph writes into, or null where ONNX Runtime makes its outputs itself. */
  target(name: string): Tensor | null
  /** After a run that wrote it. */
  replace(name: string, result: Tensor): void
  dispose(): void
}

/**
 * State in the memory of JavaScript. ONNX Runtime for pages copies the inputs of its wasm provider into its own memory
 * and the outputs out of it, and does not fill preallocated ones: what it returns becomes the state.
 */
export class CpuState implements WebState {
  readonly #ort: Ort
  readonly #arrays = new Map<string, TensorData>()
  readonly #tensors = new Map<string, Tensor>()
  readonly #specs = new Map<string, TensorSpec>()

  constructor(ort: Ort) {
    this.#ort = ort
  }

  write(name: string, data: TensorData): void {
    // A copy: in the same thread the array is still the caller's.
    this.#arrays.set(name, data.slice())
    this.#makeTensor(name)
  }

  async read(name: string): Promise<TensorData> {
    return this.#arrays.get(name)!.slice()
  }

  adopt(name: string, spec: TensorSpec): void {
    if (this.#specs.has(name)) return
    this.#specs.set(name, spec)
    this.#makeTensor(name)
  }

  current(name: string): Tensor {
    return this.#tensors.get(name)!
  }

  target(): null {
    return null
  }

  replace(name: string, result: Tensor): void {
    free(this.#arrays.get(name)!)
    this.#arrays.set(name, result.data as TensorData)
    this.#tensors.set(name, result)
  }

  dispose(): void {
    this.#arrays.clear()
    this.#tensors.clear()
  }

  #makeTensor(name: string): void {
    const spec = this.#specs.get(name)
    if (!spec) return
    this.#tensors.set(
      name,
      new this.#ort.Tensor(spec.dtype, this.#arrays.get(name)! as Float32Array, spec.shape),
    )
  }
}

/**
 * Frees an array's memory immediately. Each step replaces the whole state; what it replaces would otherwise pile up until
 * the browser collects it, which it does late: to its collector these arrays look small.
 */
function free({ buffer }: TensorData): void {
  const owned = buffer as { transfer?(length: number): unknown }
  // Browsers from before 2024 collect it themselves.
  owned.transfer?.(0)
}
