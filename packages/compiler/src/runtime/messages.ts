import type { TensorData, TensorSpec } from '../tree.ts'

/** A tensor of the persistent state, or of a graph, under its name. */
export interface NamedSpec extends TensorSpec {
  readonly name: string
}

export type NamedData = readonly (readonly [name: string, data: TensorData])[]

/** How a graph's inputs and outputs are bound: each is a tensor of the state or comes and goes with the run. */
export interface Binding {
  /** The name inside the graph. */
  readonly name: string
  readonly spec: TensorSpec
  /** The name of the state's tensor, for those that stay in the worker. */
  readonly state?: string
  /** The rows of the state's tensor that this is a view of. Default: all. */
  readonly rows?: { readonly from: number; readonly count: number }
  /** Whether an output is written over the state's current tensor, not into a second one. */
  readonly inPlace?: boolean
}

export interface SessionOptions {
  readonly threads: number
  /** Whether a GPU may record what a run launches and replay it, where it can. Default: no. */
  readonly recorded?: boolean
  /** Where ONNX Runtime writes a profile when the session ends: the start of a path. Default: none. */
  readonly profile?: string
}

/** The two files of a build of onnxruntime-web, by their URLs. */
export interface WasmFiles {
  readonly mjs: string
  readonly wasm: string
}

/** How ONNX Runtime for pages is set up. */
export interface WebSetup {
  readonly threads: number
  readonly providers: readonly string[]
  /** A folder's URL, or the files' own. */
  readonly wasmPaths?: string | WasmFiles
  /** A graph that does nothing: loading it shows whether ONNX Runtime works here. */
  readonly probe: Uint8Array
}

/** How ONNX Runtime for Node is set up. */
export interface NodeSetup {
  readonly provider: 'cpu' | 'cuda' | 'webgpu'
  readonly threads: number
}

/** What the main thread requests of the worker. */
export type Request =
  | { readonly kind: 'start'; readonly web?: WebSetup; readonly node?: NodeSetup }
  | { readonly kind: 'write'; readonly state: NamedData }
  | { readonly kind: 'read'; readonly names: readonly string[] }
  | {
      readonly kind: 'compile'
      readonly session: number
      readonly model: Uint8Array
      readonly options: SessionOptions
      readonly inputs: readonly Binding[]
      readonly outputs: readonly Binding[]
    }
  | { readonly kind: 'run'; readonly session: number; readonly inputs: NamedData }
  | { readonly kind: 'release'; readonly session: number }
  | { readonly kind: 'stop' }
