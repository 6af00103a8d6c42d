import type { DataOf, SpecsOf, TensorTree } from '../tree.ts'
import type { WasmFiles } from './messages.ts'

/** Options of `createRuntime`. */
export interface RuntimeOptions {
  /**
   * Where graphs run: `node` is onnxruntime-node in a worker thread, `web` is onnxruntime-web in a browser. Default: the
   * one that fits the place.
   */
  runtime?: 'node' | 'web'
  /**
   * Threads of one operation. Default: one for each core, at most 8. In a browser there is one, whatever is asked for,
   * where the page is not cross-origin isolated or `wasmPaths` is not given.
   */
  threads?: number
  /**
   * Execution providers of ONNX Runtime in the order of preference: in Node the first that is available is taken,
   * and operations that it does not know run on the CPU. Default: `['cpu']`, in a browser `['wasm']`. In a browser
   * `webgpu` is left out where there is no adapter and another provider is named, and of the rest the first that can
   * takes an operation.
   */
  providers?: readonly ('cpu' | 'cuda' | 'webgpu' | 'wasm')[]
  /**
   * Browser only: where ONNX Runtime runs. Default: in a web worker of its own when called in a page, in the same thread
   * when called in a worker.
   */
  place?: 'worker' | 'same-thread'
  /**
   * Browser only: where onnxruntime-web's files lie: a folder's URL with its closing slash, or the URLs of the two files
   * of each build that may be taken (`ort-wasm-simd-threaded.*` for wasm, `ort-wasm-simd-threaded.asyncify.*` for
   * webgpu). Without it there is one thread: every thread loads the `.mjs` by its address, which a bundle hides.
   */
  wasmPaths?: string | { readonly wasm?: WasmFiles; readonly webgpu?: WasmFiles }
}

/** Options of {@link Runtime.compile}. */
export interface CompileOptions {
  /** Keys of the inputs that are kept in the runtime, as `write` put them there. Default: none. */
  state?: readonly string[]
  /**
   * Whether the variables (`tf.Variable`) that the function uses are state, too: they are written into the runtime when
   * the first function that uses them is compiled, and assignments change them there alone (`readVariables` fetches
   * them). So a model of tfjs-layers and its optimizer can be compiled. Numbers that are tensors from outside, such as an
   * optimizer's learning rate, are constants then. Default: false, they are refused.
   */
  variables?: boolean
  /**
   * Where ONNX Runtime writes a profile of the graph when the function is disposed of: the beginning of a path, to
   * which it adds the date and `.json`. Default: it writes none.
   */
  profile?: string
}

/** Options of {@link Compiled.run}. */
export interface RunOptions {
  /** Aborts the run while it waits for earlier ones. A run that has started completes. */
  signal?: AbortSignal
}

/** A function that was compiled. `I` and `O` are its nested records of tensors. */
export interface Compiled<I extends object = TensorTree, O extends object = TensorTree> {
  /** The graph as a standard `.onnx` file. */
  readonly graph: Uint8Array
  /** Number of operations in it. */
  readonly nodeCount: number
  /**
   * Runs the function. Calls wait for each other.
   *
   * @param inputs arrays for all inputs that are not state, row-major, of exactly the shapes' sizes
   * @param outputs arrays to write the results into; without them fresh ones are made
   * @returns arrays of the outputs that are not state; those that are replace the state instead
   * @throws CompilerError for an input that is missing, unknown, of the wrong type or size, or a failure of ORT; a
   * failed run leaves the state as it was. The signal's reason when it is aborted before the run began
   */
  run(inputs: Partial<DataOf<I>>, outputs?: Partial<DataOf<O>>, options?: RunOptions): Promise<DataOf<O>>
  /** Releases the graph's memory; the state stays. Does nothing the second time. */
  dispose(): Promise<void>
}

/** Options of `write`. */
export interface WriteOptions {
  /**
   * Whether the arrays may move to the thread that holds the state, which saves their memory: they are empty then. Default: false.
   */
  transfer?: boolean
}

/** ONNX Runtime with a state of named tensors that compiled functions read and replace. */
export interface Runtime {
  /** Threads of one operation. */
  readonly threads: number
  /** The execution providers that are used. */
  readonly providers: readonly string[]
  /**
   * Puts arrays into the state (copies them): a nested record, whose top-level keys are what `compile` calls state.
   * Tensors that are there already take new values of the same size.
   */
  write(state: object, options?: WriteOptions): Promise<void>
  /** The arrays (copies) below a top-level key of the state, in the nesting in which they were written. */
  read(key: string): Promise<Record<string, unknown>>
  /** Assigns to every variable that compiled functions use what the runtime holds for it. */
  readVariables(): Promise<void>
  /** Writes the values of every variable that compiled functions use into the runtime, in place of what it holds. */
  writeVariables(): Promise<void>
  /**
   * Traces and compiles a function. An output whose top-level key is one of the state's replaces that part of the
   * state after each run.
   *
   * @throws CompilerError what `traceFunction` throws, and for state that does not match what was written
   */
  compile<I extends object = TensorTree, O extends object = TensorTree>(
    fn: (inputs: I) => O,
    example: SpecsOf<I>,
    options?: CompileOptions,
  ): Promise<Compiled<I, O>>
  /** Waits for what is running, ends the worker thread and frees all memory. Does nothing the second time. */
  dispose(): Promise<void>
}
