import type { Copier } from '../runtime/copier.ts'
import type { OrtSession, OrtTensor } from '../runtime/ort.ts'
import type { TensorData, TensorSpec } from '../tree.ts'
import type { OrtCApi, Pointer } from './ort-c-api.ts'

/** Types of elements, by their numbers in ONNX Runtime's C interface. */
const ELEMENT_TYPES = ['', 'float32', '', '', '', '', 'int32', '', '', 'bool']
const ARRAY_OF: Record<string, typeof Float32Array | typeof Int32Array | typeof Uint8Array> = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
}

/** What all sessions share. */
export interface CudaContext {
  readonly api: OrtCApi
  readonly env: Pointer
  /** Memory of the host, and of the device. */
  readonly host: Pointer
  readonly device: Pointer
}

/** A session whose outputs stay on the device where they are asked to; each run binds what it takes and gives. */
export class CudaSession implements OrtSession {
  protected readonly context: CudaContext
  protected readonly session: Pointer
  readonly #kept: ReadonlySet<string>
  readonly #binding: Pointer
  readonly #profiles: boolean

  constructor(context: CudaContext, session: Pointer, kept: readonly string[], profiles: boolean) {
    this.context = context
    this.session = session
    this.#kept = new Set(kept)
    this.#profiles = profiles
    this.#binding = context.api.make('CreateIoBinding', session)
  }

  async run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Promise<Record<string, OrtTensor>> {
    const { api } = this.context
    try {
      return this.runBound(this.#binding, null, feeds, fetches)
    } finally {
      // It would hold the memory of what is replaced until the next run.
      api.release('BoundInputs', this.#binding)
      api.release('BoundOutputs', this.#binding)
    }
  }

  async release(): Promise<void> {
    const { api } = this.context
    api.release('IoBinding', this.#binding)
    if (this.#profiles) {
      const allocator = api.make('GetAllocatorWithDefaultOptions')
      api.call('AllocatorFree', allocator, api.make('SessionEndProfiling', this.session, allocator))
    }
    api.release('Session', this.session)
  }

  /** Whether an output stays on the device. */
  protected stays(name: string): boolean {
    return this.#kept.has(name)
  }

  protected runBound(
    binding: Pointer,
    runOptions: Pointer | null,
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Record<string, OrtTensor> {
    const { api, host, device } = this.context
    for (const [name, tensor] of Object.entries(feeds)) this.#bindInput(binding, name, tensor)
    const names = Object.keys(fetches)
    for (const name of names) {
      const given = fetches[name]
      if (given instanceof DeviceTensor) api.call('BindOutput', binding, name, given.value)
      else api.call('BindOutputToDevice', binding, name, this.stays(name) ? device : host)
    }
    api.call('RunWithBinding', this.session, runOptions, binding)
    const values = outputValues(api, binding, names.length)
    return Object.fromEntries(
      names.map((name, i) => [name, this.#outputTensor(name, values[i]!, fetches[name]!)]),
    )
  }

  #bindInput(binding: Pointer, name: string, tensor: OrtTensor): void {
    const { api, host } = this.context
    if (tensor instanceof DeviceTensor) {
      api.call('BindInput', binding, name, tensor.value)
      return
    }
    const data = tensor.data as TensorData
    const shape = BigInt64Array.from(tensor.dims, BigInt)
    const type = ELEMENT_TYPES.indexOf(tensor.type)
    const bytes = data.byteLength
    const value = api.make('CreateTensorWithDataAsOrtValue', host, data, bytes, shape, shape.length, type)
    try {
      api.call('BindInput', binding, name, value)
    } finally {
      api.release('Value', value)
    }
  }

  #outputTensor(name: string, value: Pointer, given: OrtTensor | null): OrtTensor {
    const { api } = this.context
    if (given instanceof DeviceTensor) {
      api.release('Value', value)
      return given
    }
    const { type, dims } = describe(api, value)
    if (this.stays(name)) return new DeviceTensor(api, value, type, dims)
    const size = dims.reduce((product, length) => product * length, 1)
    const Data = ARRAY_OF[type]!
    const bytes = api.bytesAt(api.make('GetTensorMutableData', value), size * Data.BYTES_PER_ELEMENT)
    api.release('Value', value)
    return hostTensor(new Data(bytes), { dtype: type as TensorSpec['dtype'], shape: dims })
  }
}

/** What was recorded, for one set of addresses. */
interface Recording {
  readonly binding: Pointer
  readonly runOptions: Pointer
}

/** As many sets of addresses as come in turns when several functions replace the same state. */
const MOST_RECORDINGS = 8

/**
 * A session that has CUDA record what a run launches, and replay it: a step of a small model is thousands of launches,
 * each of which takes the host longer than the device. A recording is valid for the addresses that it was made with, so
 * inputs from the host and results for it have tensors of their own on the device.
 */
export class RecordedCudaSession extends CudaSession {
  readonly #copier: Copier
  readonly #makePlain: () => OrtSession
  /** What runs instead, once something could not be recorded. */
  #plain: OrtSession | undefined
  readonly #recordings = new Map<string, Recording>()
  readonly #inputs = new Map<string, OrtTensor>()
  readonly #results: Record<string, OrtTensor> = {}

  /** @param makePlain the same graph in a session that records nothing */
  constructor(context: CudaContext, session: Pointer, copier: Copier, makePlain: () => OrtSession) {
    super(context, session, [], false)
    this.#copier = copier
    this.#makePlain = makePlain
  }

  override async run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Promise<Record<string, OrtTensor>> {
    if (this.#plain) return this.#plain.run(feeds, fetches)
    const onDevice: Record<string, OrtTensor> = {}
    for (const [name, tensor] of Object.entries(feeds)) {
      onDevice[name] = tensor instanceof DeviceTensor ? tensor : await this.#place(name, tensor)
    }
    const targets = Object.fromEntries(
      Object.entries(fetches).map(([name, given]) => [name, given ?? this.#results[name] ?? null]),
    )
    let made: Record<string, OrtTensor>
    try {
      made = this.#play(onDevice, targets)
    } catch {
      // What was at fault in the run itself shows again.
      this.#plain = this.#makePlain()
      return this.#plain.run(feeds, fetches)
    }
    const found: Record<string, OrtTensor> = {}
    for (const [name, tensor] of Object.entries(made)) {
      if (!fetches[name]) this.#results[name] = tensor
      found[name] = fetches[name] ? tensor : await this.#copier.fromDevice(tensor)
    }
    return found
  }

  override async release(): Promise<void> {
    const { api } = this.context
    for (const { binding, runOptions } of this.#recordings.values()) {
      api.release('IoBinding', binding)
      api.release('RunOptions', runOptions)
    }
    for (const tensor of [...this.#inputs.values(), ...Object.values(this.#results)]) tensor.dispose()
    await this.#plain?.release()
    await super.release()
  }

  protected override stays(): boolean {
    return true
  }

  /** The input's own tensor on the device, with these values. */
  async #place(name: string, tensor: OrtTensor): Promise<OrtTensor> {
    const placed = await this.#copier.toDevice(tensor, this.#inputs.get(name) ?? null)
    this.#inputs.set(name, placed)
    return placed
  }

  #play(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Record<string, OrtTensor> {
    const { api } = this.context
    const tensors = [...Object.values(feeds), ...Object.values(fetches)]
    const key = tensors.map(tensor => (tensor as DeviceTensor | null)?.address).join()
    const known = this.#recordings.get(key)
    if (known) {
      api.call('RunWithBinding', this.session, known.runOptions, known.binding)
      return fetches as Record<string, OrtTensor>
    }
    // The first run makes the results' tensors.
    const recorded = !Object.values(fetches).includes(null) && this.#recordings.size < MOST_RECORDINGS
    const binding = api.make('CreateIoBinding', this.session)
    const runOptions = api.make('CreateRunOptions')
    let kept = false
    try {
      const id = recorded ? this.#recordings.size + 1 : -1
      api.call('AddRunConfigEntry', runOptions, 'gpu_graph_id', `${id}`)
      const made = this.runBound(binding, runOptions, feeds, fetches)
      if (recorded) this.#recordings.set(key, { binding, runOptions })
      kept = recorded
      return made
    } finally {
      if (!kept) {
        api.release('IoBinding', binding)
        api.release('RunOptions', runOptions)
      }
    }
  }
}

/** A tensor on the device. */
class DeviceTensor implements OrtTensor {
  readonly location = 'gpu-buffer'
  readonly type: string
  readonly dims: readonly number[]
  readonly value: Pointer
  readonly address: Pointer
  readonly #api: OrtCApi

  constructor(api: OrtCApi, value: Pointer, type: string, dims: readonly number[]) {
    this.#api = api
    this.value = value
    this.address = api.make('GetTensorMutableData', value)
    this.type = type
    this.dims = dims
  }

  get data(): never {
    throw new Error('the tensor is on the device')
  }

  dispose(): void {
    this.#api.release('Value', this.value)
  }
}

export function hostTensor(data: TensorData, { dtype, shape }: TensorSpec): OrtTensor {
  return { type: dtype, dims: shape, location: 'cpu', data, dispose() {} }
}

/** The values of all outputs, in the order in which they were bound. */
function outputValues(api: OrtCApi, binding: Pointer, count: number): Pointer[] {
  const allocator = api.make('GetAllocatorWithDefaultOptions')
  const address = new BigUint64Array(1)
  api.call('GetBoundOutputValues', binding, allocator, address, new BigUint64Array(1))
  const values = [...new BigUint64Array(api.bytesAt(address[0]!, count * BigUint64Array.BYTES_PER_ELEMENT))]
  api.call('AllocatorFree', allocator, address[0]!)
  return values
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
