import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CompilerError } from '../errors.ts'
import { importPackage } from '../runtime/import-package.ts'

/** An address; 0 is none. */
export type Pointer = bigint

type Koffi = typeof import('koffi')

/** All later versions keep its functions at the same index, as ONNX Runtime promises. */
const API_VERSION = 18

/** Functions of OrtApi that return a status: their index in it, and their parameters. The last `out` is what they make. */
const FUNCTIONS = {
  CreateEnv: [3, ['int', 'str', 'out']],
  CreateSessionFromArray: [8, ['void *', 'void *', 'size_t', 'void *', 'out']],
  CreateSessionOptions: [10, ['out']],
  EnableProfiling: [14, ['void *', 'str']],
  DisableMemPattern: [17, ['void *']],
  SetSessionLogSeverityLevel: [22, ['void *', 'int']],
  SetSessionGraphOptimizationLevel: [23, ['void *', 'int']],
  SetIntraOpNumThreads: [24, ['void *', 'int']],
  CreateTensorWithDataAsOrtValue: [49, ['void *', 'void *', 'size_t', 'int64_t *', 'size_t', 'int', 'out']],
  GetTensorMutableData: [51, ['void *', 'out']],
  GetTensorElementType: [60, ['void *', 'int *']],
  GetDimensionsCount: [61, ['void *', 'size_t *']],
  GetDimensions: [62, ['void *', 'int64_t *', 'size_t']],
  GetTensorTypeAndShape: [65, ['void *', 'out']],
  CreateMemoryInfo: [68, ['str', 'int', 'int', 'int', 'out']],
  AllocatorFree: [76, ['void *', 'void *']],
  GetAllocatorWithDefaultOptions: [78, ['out']],
  CreateRunOptions: [39, ['out']],
  SessionEndProfiling: [110, ['void *', 'void *', 'out']],
  AddSessionConfigEntry: [130, ['void *', 'str', 'str']],
  RunWithBinding: [133, ['void *', 'void *', 'void *']],
  CreateIoBinding: [134, ['void *', 'out']],
  BindInput: [136, ['void *', 'str', 'void *']],
  BindOutput: [137, ['void *', 'str', 'void *']],
  BindOutputToDevice: [138, ['void *', 'str', 'void *']],
  GetBoundOutputValues: [140, ['void *', 'void *', 'out', 'size_t *']],
  AddRunConfigEntry: [165, ['void *', 'str', 'str']],
  AppendCudaProvider: [204, ['void *', 'void *']],
  CreateCudaOptions: [205, ['out']],
  UpdateCudaOptions: [206, ['void *', 'str *', 'str *', 'size_t']],
} as const

/** Functions of OrtApi that return nothing and cannot fail. */
const RELEASES = {
  Env: 92,
  MemoryInfo: 94,
  Session: 95,
  Value: 96,
  RunOptions: 97,
  TensorTypeAndShape: 99,
  SessionOptions: 100,
  IoBinding: 135,
  BoundInputs: 141,
  BoundOutputs: 142,
  CudaOptions: 208,
} as const

type FunctionName = keyof typeof FUNCTIONS

/**
 * ONNX Runtime's C interface, for what the binding of onnxruntime-node lacks: tensors that stay on a CUDA device, and
 * options of that provider. Same library, called by koffi.
 */
export class OrtCApi {
  readonly #koffi: Koffi
  readonly #functions = new Map<string, (...args: unknown[]) => unknown>()
  readonly #api: Pointer

  /** @throws CompilerError `missing-package` without koffi, `missing-provider` with an ONNX Runtime that does not fit */
  static async load(): Promise<OrtCApi> {
    const found = (await importPackage('koffi', 'The provider "cuda"', () => import('koffi'))) as Koffi & {
      default?: Koffi
    }
    return new OrtCApi(found.default ?? found, libraryPath())
  }

  constructor(koffi: Koffi, path: string) {
    this.#koffi = koffi
    const base = koffi.load(path).func('OrtGetApiBase', 'void *', [])() as Pointer
    const getApi = koffi.decode(base, 'void *') as Pointer
    this.#api = koffi.call(getApi, koffi.proto('void *', ['uint32_t']), API_VERSION) as Pointer
    if (!this.#api) throw missing(`onnxruntime-node 1.${API_VERSION} or later`)
  }

  /** @throws Error with ONNX Runtime's message */
  call(name: FunctionName, ...args: readonly unknown[]): void {
    const [index, parameters] = FUNCTIONS[name]
    const types = (parameters as readonly string[]).map(type => (type === 'out' ? 'void *' : type))
    const status = this.#function(index, 'void *', types)(...args) as Pointer | null
    if (!status) return
    const message = this.#function(2, 'str', ['void *'])(status) as string
    this.#function(93, 'void', ['void *'])(status)
    throw new Error(message)
  }

  /** Calls a function whose last parameter takes what it makes. */
  make(name: FunctionName, ...args: readonly unknown[]): Pointer {
    const made = new BigUint64Array(1)
    this.call(name, ...args, made)
    return made[0]!
  }

  release(what: keyof typeof RELEASES, pointer: Pointer): void {
    this.#function(RELEASES[what], 'void', ['void *'])(pointer)
  }

  /** A copy of the bytes that lie at an address. */
  bytesAt(address: Pointer, count: number): ArrayBuffer {
    return count === 0 ? new ArrayBuffer(0) : this.#koffi.view(address, count).slice(0)
  }

  #function(index: number, result: string, parameters: readonly string[]): (...args: unknown[]) => unknown {
    const key = `${index}`
    const known = this.#functions.get(key)
    if (known) return known
    const koffi = this.#koffi
    const address = koffi.decode(this.#api, 8 * index, 'void *') as Pointer
    const prototype = koffi.proto(result, [...parameters])
    const made = (...args: unknown[]): unknown => koffi.call(address, prototype, ...args)
    this.#functions.set(key, made)
    return made
  }
}

function missing(needs: string): CompilerError {
  return new CompilerError('missing-provider', { provider: 'cuda', needs, problem: undefined })
}

/** onnxruntime-node brings the library; the files of CUDA are next to it. */
function libraryPath(): string {
  if (process.platform !== 'linux') {
    throw missing('Linux, the only system for which onnxruntime-node has the files of CUDA')
  }
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node')
  return join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime.so.1')
}
