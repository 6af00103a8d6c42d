import type { TensorData, TensorSpec } from '../tree.ts'
import type { Binding } from './messages.ts'
import type { OrtTensor } from './ort.ts'

/** The named tensors that stay with ONNX Runtime. */
export interface NodeState {
  write(name: string, data: TensorData): Promise<void> | void
  read(name: string): Promise<TensorData> | TensorData
  /** Makes ready what a graph reads and writes, whose shapes were not known when it was written. */
  adopt(inputs: readonly Binding[], outputs: readonly Binding[]): Promise<void> | void
  /** @throws CompilerError `lost-state` for what a failed run left half written */
  refuseLost(names: readonly (string | undefined)[]): void
  /** What a graph reads. */
  input(binding: Binding & { state: string }): OrtTensor
  /** What a graph writes into, or null where ONNX Runtime makes its outputs itself. */
  target(binding: Binding & { state: string }): OrtTensor | null
  /** The same for an output that is not state, once for all runs. */
  result(spec: TensorSpec): OrtTensor | null
  /** After a run, for all outputs that are state. */
  replace(outputs: readonly Binding[], results: Readonly<Record<string, OrtTensor>>): void
  /** After a run that failed. */
  failed(outputs: readonly Binding[], error: unknown): void
  /** Before a session is released: what it made must outlive it. */
  leave(outputs: readonly Binding[]): Promise<void> | void
  dispose(): Promise<void> | void
}

export function isState(binding: Binding): binding is Binding & { state: string } {
  return binding.state !== undefined
}
