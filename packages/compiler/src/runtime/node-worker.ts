import { parentPort } from 'node:worker_threads'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { FALLIBLE } from '../passes/in-place.ts'
import type { TensorData, TensorSpec } from '../tree.ts'
import type { Answer, Binding, NamedData, Request, RequestMessage } from './messages.ts'

// The thread that owns ONNX Runtime: its `run` blocks the thread it is called on. Whatever goes wrong here is
// answered with its message; the main thread makes the error of it.

type Ort = typeof import('onnxruntime-node')

/** A tensor of the state: the one in force and, once some graph writes it, the one to write next. */
interface StateTensor {
  current: Tensor
  spare?: Tensor
}

interface Session {
  readonly session: InferenceSession
  readonly inputs: readonly Binding[]
  readonly outputs: readonly Binding[]
  /** Outputs that are not state: written over and over, a copy goes to the main thread. */
  readonly results: Record<string, Tensor>
}

const port = parentPort!
const state = new Map<string, StateTensor>()
/** State that was written before any graph told its shape. */
const unshaped = new Map<string, TensorData>()
const sessions = new Map<number, Session>()
/** Tensors of the state that a failed run left half written. */
const lost = new Set<string>()
/** Views of the state's tensors, which live as long as they. */
const views = new WeakMap<Tensor, Map<string, Tensor>>()
let ort: Ort

async function handle(request: Request): Promise<NamedData> {
  switch (request.kind) {
    case 'start':
      ort = await import('onnxruntime-node')
      // Whatever matters comes back as an error; ORT would print it besides.
      ort.env.logLevel = 'fatal'
      return []
    case 'write':
      for (const [name, data] of request.state) write(name, data)
      return []
    case 'read':
      refuseLost(request.names.map(name => ({ state: name })))
      return request.names.map(name => [name, dataOf(name)] as const)
    case 'compile':
      await compile(request)
      return []
    case 'run':
      return run(request.session, request.inputs)
    case 'release':
      await sessions.get(request.session)?.session.release()
      sessions.delete(request.session)
      return []
    case 'stop':
      for (const { session } of sessions.values()) await session.release()
      sessions.clear()
      state.clear()
      return []
  }
}

function write(name: string, data: TensorData): void {
  lost.delete(name)
  const known = state.get(name)
  // Into the tensor that is there: graphs are bound to it.
  if (known) (known.current.data as TensorData).set(data)
  else unshaped.set(name, data)
}

function dataOf(name: string): TensorData {
  return (state.get(name)?.current.data as TensorData | undefined) ?? unshaped.get(name)!
}

async function compile(request: Request & { kind: 'compile' }): Promise<void> {
  const { session: id, model, options, inputs, outputs } = request
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [...options.providers],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Costs no speed and saves a third of the memory.
    enableMemPattern: false,
    enableCpuMemArena: options.arena ?? true,
    ...(options.profile !== undefined && { enableProfiling: true, profileFilePrefix: options.profile }),
    extra: {
      session: {
        // Adam's second moments of small gradients are denormal numbers, which are many times slower.
        set_denormal_as_zero: '1',
        // A thread that spins on while another waits for a core makes a step up to four times slower on a busy
        // machine; between two operations of one step a moment is enough.
        intra_op: { allow_spinning: '1', spin_duration_us: '100' },
      },
    },
  })
  for (const { state: name, spec } of inputs) if (name !== undefined) adopt(name, spec)
  for (const { state: name, spec, inPlace } of outputs) {
    if (name !== undefined && !inPlace) adopt(name, spec).spare ??= emptyTensor(spec)
  }
  const results = outputs.filter(output => output.state === undefined)
  sessions.set(id, {
    session,
    inputs,
    outputs,
    results: Object.fromEntries(results.map(({ name, spec }) => [name, emptyTensor(spec)])),
  })
}

/** The state's tensor of that name, made of what was written before its shape was known. */
function adopt(name: string, spec: TensorSpec): StateTensor {
  const known = state.get(name)
  if (known) return known
  const made = { current: tensorOf(unshaped.get(name)!, spec) }
  unshaped.delete(name)
  state.set(name, made)
  return made
}

async function run(id: number, given: NamedData): Promise<NamedData> {
  const { session, inputs, outputs, results } = sessions.get(id)!
  const data = new Map(given)
  const feeds: Record<string, Tensor> = {}
  for (const { name, spec, state: stateName, rows } of inputs) {
    feeds[name] =
      stateName === undefined ? tensorOf(data.get(name)!, spec) : view(state.get(stateName)!.current, rows)
  }
  const fetches: Record<string, Tensor> = { ...results }
  for (const { name, state: stateName, rows, inPlace } of outputs) {
    if (stateName === undefined) continue
    const { current, spare } = state.get(stateName)!
    fetches[name] = view(inPlace ? current : spare!, rows)
  }
  refuseLost([...inputs, ...outputs])
  try {
    await session.run(feeds, fetches)
  } catch (error) {
    noteLost(outputs, error)
    throw error
  }
  // Only now, after success: a failed run leaves the state as it was.
  const doubled = outputs.filter(output => !output.inPlace).map(output => output.state)
  for (const stateName of new Set(doubled)) {
    if (stateName === undefined) continue
    const tensor = state.get(stateName)!
    const { current, spare } = tensor
    tensor.current = spare!
    tensor.spare = current
  }
  return Object.entries(results).map(([name, tensor]) => [name, tensor.data as TensorData] as const)
}

/**
 * After a run that failed: what is written in place may be half new. Not where an operation failed that its values can
 * make fail, for those come before all that is written in place.
 */
function noteLost(outputs: readonly Binding[], error: unknown): void {
  const failed = /while running (\w+) node/.exec((error as Error).message ?? '')?.[1]
  if (failed !== undefined && FALLIBLE.has(failed)) return
  for (const { state: name, inPlace } of outputs) if (name !== undefined && inPlace) lost.add(name)
}

function refuseLost(bindings: readonly Pick<Binding, 'state'>[]): void {
  const name = bindings.find(({ state }) => state !== undefined && lost.has(state))?.state
  if (name === undefined) return
  throw new Error(
    `the state "${name}" was lost when a run failed while it was written, most likely for want of memory: write it again`,
  )
}

/** The rows of a tensor as a tensor that shares its memory; the same one each time. */
function view(tensor: Tensor, rows: Binding['rows']): Tensor {
  if (!rows) return tensor
  const known = views.get(tensor) ?? new Map<string, Tensor>()
  views.set(tensor, known)
  const key = `${rows.from} ${rows.count}`
  let made = known.get(key)
  if (!made) {
    const inner = tensor.dims.slice(1)
    const width = inner.reduce((product, length) => product * length, 1)
    const data = (tensor.data as Float32Array).subarray(rows.from * width, (rows.from + rows.count) * width)
    made = new ort.Tensor('float32', data, [rows.count, ...inner])
    known.set(key, made)
  }
  return made
}

function tensorOf(data: TensorData, { dtype, shape }: TensorSpec): Tensor {
  return new ort.Tensor(dtype, data as Float32Array, shape)
}

function emptyTensor(spec: TensorSpec): Tensor {
  const size = spec.shape.reduce((product, length) => product * length, 1)
  const Data = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[spec.dtype]
  return tensorOf(new Data(size), spec)
}

/** Requests are answered strictly one after another, whatever they await. */
let queue: Promise<void> = Promise.resolve()

port.on('message', ({ id, ...request }: RequestMessage) => {
  queue = queue.then(async () => {
    let answer: Answer
    try {
      answer = { id, ok: true, data: await handle(request as Request) }
    } catch (error) {
      const { message = String(error), code } = error as { message?: string; code?: string }
      answer = { id, ok: false, message, ...(code !== undefined && { code }) }
    }
    port.postMessage(answer)
  })
})
