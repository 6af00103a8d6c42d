import type { DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core'

/** The parts of tfjs' wasm backend that kernels use. Its own type is not exported by the package. */
export interface WasmBackend {
  wasm: {
    cwrap(name: string, result: null, parameters: ('number' | 'array')[]): (...args: unknown[]) => void
    tfjs: {
      registerTensor(id: number, size: number, memoryOffset: number): void
      disposeData(id: number): void
    }
  }
  dataIdMap: { get(dataId: DataId): { id: number; memoryOffset: number } }
  /** The counter from which the backend itself takes its ids. */
  dataIdNextNumber: number
  makeOutput(shape: number[], dtype: DataType): TensorInfo
  typedArrayFromHeap(tensor: TensorInfo): Float32Array | Int32Array | Uint8Array
  disposeData(dataId: DataId, force?: boolean): boolean
}
