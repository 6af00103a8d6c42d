import { messageOf } from '@tinystories/utils/errors'
import type { InferenceSession, Tensor } from 'onnxruntime-web'
import { CompilerError } from '../errors.ts'
import type { TensorData } from '../tree.ts'
import type { Binding, NamedData, Request, WebSetup } from './messages.ts'
import { GpuState, type GraphicsDevice } from './web-gpu-state.ts'
import { CpuState, type Ort, type WebState } from './web-state.ts'

// The side of the web runtime that owns ONNX Runtime. Its `run` on wasm blocks the thread that it is called on.

interface Session {
  readonly session: InferenceSession
  readonly inputs: readonly Binding[]
  readonly outputs: readonly Binding[]
}

/** Within this time after a failure a browser reports that it took the graphics device away. */
const LOSS_REPORTED_MS = 500

/** Answers requests, which must come one after another. */
export class WebHost {
  readonly #sessions = new Map<number, Session>()
  #ort: Ort | undefined
  #setup: WebSetup | undefined
  #state: WebState | undefined
  /** Stays to the end: ONNX Runtime destroys the graphics device with its last session. */
  #probe: InferenceSession | undefined
  /** Why the graphics device is gone, once it is; nothing that uses it would ever be answered. */
  #lost: Error | undefined
  /** Rejects the current request. */
  #abandon: ((reason: Error) => void) | undefined

  /**
   * Answers a request, or rejects when the graphics device is lost. No `Promise.race` with a promise that rejects when the device is lost: in most engines (V8 of Node 24 among them) that
   * one would keep the result of every race as long as it lives, which is every state that was ever read.
   */
  ask(request: Request): Promise<NamedData> {
    return new Promise((resolve, reject) => {
      if (this.#lost) reject(this.#lost)
      this.#abandon = reject
      this.#handle(request).then(resolve, error => {
        // ONNX Runtime may fail on a lost device before the loss itself is reported, which is what the caller must know.
        if (this.#onGpu) setTimeout(() => reject(error), LOSS_REPORTED_MS)
        else reject(error)
      })
    })
  }

  async #handle(request: Request): Promise<NamedData> {
    switch (request.kind) {
      case 'start':
        await this.#start(request.web!)
        return []
      case 'write':
        for (const [name, data] of request.state) this.#state!.write(name, data)
        return []
      case 'read':
        return Promise.all(request.names.map(async name => [name, await this.#state!.read(name)] as const))
      case 'compile':
        await this.#compile(request)
        return []
      case 'run':
        return this.#run(request.session, request.inputs)
      case 'release':
        await this.#sessions.get(request.session)?.session.release()
        this.#sessions.delete(request.session)
        return []
      case 'stop':
        for (const { session } of this.#sessions.values()) await session.release()
        this.#sessions.clear()
        this.#state?.dispose()
        await this.#probe?.release()
        return []
    }
  }

  get #onGpu(): boolean {
    return this.#setup?.providers[0] === 'webgpu'
  }

  async #start(setup: WebSetup): Promise<void> {
    this.#setup = setup
    try {
      // Two builds of ONNX Runtime: the one that knows WebGPU is twice as large. Imports inside `try` may fail, and bundlers
      // leave them out where the optional package is not installed.
      const ort: Ort = setup.providers.includes('webgpu')
        ? await import('onnxruntime-web/webgpu')
        : await import('onnxruntime-web/wasm')
      await this.#prepare(ort, setup)
    } catch (cause) {
      throw new CompilerError('package-does-not-load', {
        package: 'onnxruntime-web',
        problem: messageOf(cause),
      })
    }
  }

  async #prepare(ort: Ort, setup: WebSetup): Promise<void> {
    this.#ort = ort
    // Whatever matters is returned as an error; ONNX Runtime would print it as well.
    ort.env.logLevel = 'fatal'
    ort.env.wasm.numThreads = setup.threads
    if (setup.wasmPaths !== undefined) ort.env.wasm.wasmPaths = setup.wasmPaths
    this.#probe = await this.#createSession(setup.probe)
    if (this.#onGpu) {
      const device = (await ort.env.webgpu.device) as GraphicsDevice
      void device.lost.then(({ message, reason }) => {
        const problem = message || reason || 'no reason given'
        this.#lost = new CompilerError('device-lost', { device: 'WebGPU', problem })
        this.#abandon?.(this.#lost)
      })
      this.#state = new GpuState(ort, device)
    } else {
      this.#state = new CpuState(ort)
    }
  }

  #createSession(model: Uint8Array): Promise<InferenceSession> {
    return this.#ort!.InferenceSession.create(model, {
      executionProviders: [...this.#setup!.providers],
      // The graph is optimized for the CPU, as in Node: loading takes a third less without ONNX Runtime's own passes.
      graphOptimizationLevel: this.#onGpu ? 'all' : 'disabled',
      logSeverityLevel: 4,
      enableMemPattern: false,
    })
  }

  async #compile(request: Request & { kind: 'compile' }): Promise<void> {
    const { session: id, model, inputs, outputs } = request
    const session = await this.#createSession(model)
    for (const { state: name, spec } of inputs) if (name !== undefined) this.#state!.adopt(name, spec)
    for (const { state: name, spec } of outputs) {
      if (name !== undefined) this.#state!.adopt(name, spec, { written: true })
    }
    this.#sessions.set(id, { session, inputs, outputs })
  }

  async #run(id: number, given: NamedData): Promise<NamedData> {
    const { session, inputs, outputs } = this.#sessions.get(id)!
    const state = this.#state!
    const data = new Map(given)
    const feeds: Record<string, Tensor> = {}
    for (const { name, spec, state: stateName } of inputs) {
      feeds[name] =
        stateName === undefined
          ? new this.#ort!.Tensor(spec.dtype, data.get(name)! as Float32Array, spec.shape)
          : state.current(stateName)
    }
    const fetches = Object.fromEntries(
      outputs.map(({ name, state: stateName }) => [
        name,
        stateName === undefined ? null : state.target(stateName),
      ]),
    )
    const results = await session.run(feeds, fetches)
    // Only now, after success: a failed run leaves the state as it was.
    for (const { name, state: stateName } of outputs) {
      if (stateName !== undefined) state.replace(stateName, results[name]!)
    }
    return outputs.flatMap(({ name, state: stateName }) =>
      stateName === undefined ? [[name, results[name]!.data as TensorData] as const] : [],
    )
  }
}
