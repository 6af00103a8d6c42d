import { parentPort } from 'node:worker_threads'
import { messageOf } from '@tinystories/utils/errors'
import { serveWorker } from '@tinystories/utils/workers'
import { CompilerError } from '../errors.ts'
import type { TensorData } from '../tree.ts'
import { CpuState } from './cpu-state.ts'
import { DeviceState, keptOutputs } from './device-state.ts'
import type { Binding, NamedData, NodeSetup, Request } from './messages.ts'
import { isState, type NodeState } from './node-state.ts'
import type { Ort, OrtSession, OrtTensor } from './ort.ts'
import { loadNodeOrt } from './ort-node.ts'

// The thread that owns ONNX Runtime: its `run` blocks the thread it is called on.

interface Session {
  readonly session: OrtSession
  readonly inputs: readonly Binding[]
  readonly outputs: readonly Binding[]
  /** Outputs that are not state, where they are written over and over: a copy goes to the main thread. */
  readonly results: Readonly<Record<string, OrtTensor | null>>
}

const sessions = new Map<number, Session>()
let ort: Ort
let state: NodeState

async function ask(request: Request): Promise<NamedData> {
  switch (request.kind) {
    case 'start':
      await start(request.node!)
      return []
    case 'write':
      for (const [name, data] of request.state) await state.write(name, data)
      return []
    case 'read':
      return read(request.names)
    case 'compile':
      await compile(request)
      return []
    case 'run':
      return run(request.session, request.inputs)
    case 'release':
      await release(request.session)
      return []
    case 'stop':
      // Tensors on a device go before the sessions that made them.
      await state?.dispose()
      for (const { session } of sessions.values()) await session.release()
      sessions.clear()
      await ort?.release()
      return []
  }
}

const WEBGPU_NEEDS =
  'a graphics adapter with its driver, on Linux also Vulkan and its loader (libvulkan.so.1)'

async function start({ provider }: NodeSetup): Promise<void> {
  ort =
    provider === 'cuda'
      ? await (await import('../cuda/load-cuda-ort.ts')).loadCudaOrt()
      : await loadNodeOrt(provider)
  // A provider that is not available fails with the first graph: now, and not when the caller's is loaded.
  try {
    const probe = await ort.copier?.toDevice(ort.tensor(Float32Array.of(0), { dtype: 'float32', shape: [1] }))
    probe?.dispose()
  } catch (error) {
    if (provider !== 'webgpu') throw error
    throw new CompilerError('missing-provider', { provider, needs: WEBGPU_NEEDS, problem: messageOf(error) })
  }
  state = ort.copier ? new DeviceState(ort, ort.copier) : new CpuState(ort)
}

async function read(names: readonly string[]): Promise<NamedData> {
  state.refuseLost(names)
  const found: [string, TensorData][] = []
  for (const name of names) found.push([name, await state.read(name)])
  return found
}

async function compile(request: Request & { kind: 'compile' }): Promise<void> {
  const { session: id, model, options, inputs, outputs } = request
  const kept = ort.copier ? keptOutputs(outputs, ort.copier) : []
  const session = await ort.createSession(model, options, kept)
  await state.adopt(inputs, outputs)
  const results = outputs.filter(output => !isState(output))
  sessions.set(id, {
    session,
    inputs,
    outputs,
    results: Object.fromEntries(results.map(({ name, spec }) => [name, state.result(spec)])),
  })
}

async function run(id: number, given: NamedData): Promise<NamedData> {
  const { session, inputs, outputs, results } = sessions.get(id)!
  const data = new Map(given)
  const feeds: Record<string, OrtTensor> = {}
  for (const input of inputs) {
    const { name, spec } = input
    feeds[name] = isState(input) ? state.input(input) : ort.tensor(data.get(name)!, spec)
  }
  const fetches: Record<string, OrtTensor | null> = { ...results }
  for (const output of outputs) if (isState(output)) fetches[output.name] = state.target(output)
  state.refuseLost([...inputs, ...outputs].map(binding => binding.state))
  let made: Readonly<Record<string, OrtTensor>>
  try {
    made = await session.run(feeds, fetches)
  } catch (error) {
    state.failed(outputs, error)
    throw error
  }
  // Only now, after success: a failed run leaves the state as it was.
  state.replace(outputs, made)
  return Object.keys(results).map(name => [name, (results[name] ?? made[name]!).data as TensorData] as const)
}

async function release(id: number): Promise<void> {
  const found = sessions.get(id)
  if (!found) return
  sessions.delete(id)
  await state.leave(found.outputs)
  await found.session.release()
}

serveWorker(parentPort!, { ask }, { sequential: true })
