import type { TensorData, TensorSpec } from '../tree.ts'
import type { SessionOptions } from './messages.ts'
import { type Ort, type OrtSession, type OrtTensor, ProviderError } from './ort.ts'
import { OrtCApi, type Pointer } from './ort-c-api.ts'

/** Types of elements and further enumerations of ONNX Runtime's C interface. */
const ELEMENT_TYPES = ['', 'float32', '', '', '', '', 'int32', '', '', 'bool']
const ARRAY_OF: Record<string, typeof Float32Array | typeof Int32Array | typeof Uint8Array> = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
}
const LOG_FATAL = 4
const OPTIMIZE_ALL = 99
const DEVICE_ALLOCATOR = 0
const DEFAULT_MEMORY = 0

/** Options of CUDA's provider. */
const CUDA_OPTIONS = {
  // Full float32, as the CPU computes: TF32 keeps 10 bits of the mantissa.
  use_tf32: '0',
  // Not up to twice as much as is needed.
  arena_extend_strategy: 'kSameAsRequested',
}

/**
 * ONNX Runtime on CUDA, by its C interface: the binding of onnxruntime-node keeps no tensors on a CUDA device.
 *
 * @param device where tensors stay and operations run; `Cpu` is for tests of everything but the device
 * @throws ProviderError when what it takes is not installed
 */
export async function loadCudaOrt(device: 'Cuda' | 'Cpu' = 'Cuda'): Promise<Ort> {
  const api = await OrtCApi.load()
  const env = api.make('CreateEnv', LOG_FATAL, 'tinystories')
  const here = api.make('CreateMemoryInfo', 'Cpu', DEVICE_ALLOCATOR, 0, DEFAULT_MEMORY)
  const there = api.make('CreateMemoryInfo', device, DEVICE_ALLOCATOR, 0, DEFAULT_MEMORY)
  const context: Context = { api, env, here, there }
  return {
    onDevice: true,
    async createSession(model, options, kept) {
      const settings = sessionOptions(api, options)
      try {
        if (device === 'Cuda') appendCuda(api, settings)
        const session = api.make('CreateSessionFromArray', env, model, model.byteLength, settings)
        return new CudaSession(context, session, new Set(kept), options.profile !== undefined)
      } finally {
        api.release('SessionOptions', settings)
      }
    },
    tensor: tensorHere,
    release() {
      api.release('MemoryInfo', here)
      api.release('MemoryInfo', there)
      api.release('Env', env)
    },
  }
}

interface Context {
  readonly api: OrtCApi
  readonly env: Pointer
  readonly here: Pointer
  readonly there: Pointer
}

function sessionOptions(api: OrtCApi, { threads, profile }: SessionOptions): Pointer {
  const options = api.make('CreateSessionOptions')
  api.call('SetSessionLogSeverityLevel', options, LOG_FATAL)
  api.call('SetSessionGraphOptimizationLevel', options, OPTIMIZE_ALL)
  api.call('SetIntraOpNumThreads', options, threads)
  api.call('DisableMemPattern', options)
  // The processor only waits for the device.
  api.call('AddSessionConfigEntry', options, 'session.intra_op.allow_spinning', '0')
  if (profile !== undefined) api.call('EnableProfiling', options, profile)
  return options
}

function appendCuda(api: OrtCApi, options: Pointer): void {
  try {
    const cuda = api.make('CreateCudaOptions')
    const entries = Object.entries(CUDA_OPTIONS)
    try {
      const [keys, values] = [entries.map(([key]) => key), entries.map(([, value]) => value)]
      api.call('UpdateCudaOptions', cuda, keys, values, entries.length)
      api.call('AppendCudaProvider', options, cuda)
    } finally {
      api.release('CudaOptions', cuda)
    }
  } catch (error) {
    throw new ProviderError(
      'The provider "cuda" does not load here: it needs an NVIDIA card with its driver, the libraries of CUDA and cuDNN on ' +
        "the loader's path, and onnxruntime-node's files for CUDA, which npm rebuild onnxruntime-node fetches. Install " +
        `them, or leave "cuda" out of the providers. (ONNX Runtime: ${(error as Error).message.trim()})`,
    )
  }
}

class CudaSession implements OrtSession {
  private readonly context: Context
  private readonly session: Pointer
  private readonly binding: Pointer
  private readonly kept: ReadonlySet<string>
  private readonly profiles: boolean

  constructor(context: Context, session: Pointer, kept: ReadonlySet<string>, profiles: boolean) {
    this.context = context
    this.session = session
    this.kept = kept
    this.profiles = profiles
    this.binding = context.api.make('CreateIoBinding', session)
  }

  async run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Promise<Record<string, OrtTensor>> {
    const { api, there, here } = this.context
    const names = Object.keys(fetches)
    try {
      for (const [name, tensor] of Object.entries(feeds)) this.bindInput(name, tensor)
      for (const name of names) {
        api.call('BindOutputToDevice', this.binding, name, this.kept.has(name) ? there : here)
      }
      api.call('RunWithBinding', this.session, null, this.binding)
      const values = this.outputValues(names.length)
      return Object.fromEntries(names.map((name, i) => [name, this.outputTensor(name, values[i]!)]))
    } finally {
      // It would hold the memory of what was replaced until the next run.
      api.release('BoundInputs', this.binding)
      api.release('BoundOutputs', this.binding)
    }
  }

  async release(): Promise<void> {
    const { api } = this.context
    api.release('IoBinding', this.binding)
    if (this.profiles) {
      const allocator = api.make('GetAllocatorWithDefaultOptions')
      api.call('AllocatorFree', allocator, api.make('SessionEndProfiling', this.session, allocator))
    }
    api.release('Session', this.session)
  }

  private bindInput(name: string, tensor: OrtTensor): void {
    const { api, here } = this.context
    if (tensor instanceof DeviceTensor) {
      api.call('BindInput', this.binding, name, tensor.value)
      return
    }
    const { type, dims } = tensor
    const data = tensor.data as TensorData
    const shape = BigInt64Array.from(dims, BigInt)
    const value = api.make(
      'CreateTensorWithDataAsOrtValue',
      here,
      data,
      data.byteLength,
      shape,
      shape.length,
      ELEMENT_TYPES.indexOf(type),
    )
    try {
      api.call('BindInput', this.binding, name, value)
    } finally {
      api.release('Value', value)
    }
  }

  /** In the order in which the outputs were bound. */
  private outputValues(count: number): Pointer[] {
    const { api } = this.context
    const allocator = api.make('GetAllocatorWithDefaultOptions')
    const address = new BigUint64Array(1)
    api.call('GetBoundOutputValues', this.binding, allocator, address, new BigUint64Array(1))
    const values = [...new BigUint64Array(api.bytesAt(address[0]!, count * BigUint64Array.BYTES_PER_ELEMENT))]
    api.call('AllocatorFree', allocator, address[0]!)
    return values
  }

  private outputTensor(name: string, value: Pointer): OrtTensor {
    const { api } = this.context
    const { type, dims } = describe(api, value)
    if (this.kept.has(name)) return new DeviceTensor(api, value, type, dims)
    const size = dims.reduce((product, length) => product * length, 1)
    const Data = ARRAY_OF[type]!
    const bytes = api.bytesAt(api.make('GetTensorMutableData', value), size * Data.BYTES_PER_ELEMENT)
    api.release('Value', value)
    return tensorHere(new Data(bytes), { dtype: type as TensorSpec['dtype'], shape: dims })
  }
}

/** What lies on the device. */
class DeviceTensor implements OrtTensor {
  readonly location = 'gpu-buffer'
  readonly type: string
  readonly dims: readonly number[]
  private readonly api: OrtCApi
  readonly value: Pointer

  constructor(api: OrtCApi, value: Pointer, type: string, dims: readonly number[]) {
    this.api = api
    this.value = value
    this.type = type
    this.dims = dims
  }

  get data(): never {
    throw new Error('the tensor lies on the device')
  }

  dispose(): void {
    this.api.release('Value', this.value)
  }
}

function tensorHere(data: TensorData, { dtype, shape }: TensorSpec): OrtTensor {
  return { type: dtype, dims: shape, location: 'cpu', data, dispose() {} }
}

function describe(api: OrtCApi, value: Pointer): { type: string; dims: number[] } {
  const info = api.make('GetTensorTypeAndShape', value)
  const type = new Int32Array(1)
  api.call('GetTensorElementType', info, type)
  const rank = new BigUint64Array(1)
  api.call('GetDimensionsCount', info, rank)
  const dims = new BigInt64Array(Number(rank[0]))
  api.call('GetDimensions', info, dims, dims.length)
  api.release('TensorTypeAndShape', info)
  return { type: ELEMENT_TYPES[type[0]!]!, dims: Array.from(dims, Number) }
}
