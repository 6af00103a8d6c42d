/// <reference lib="dom" />
/// <reference types="vite/client" />
import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '@tinystories/backends'
import gpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import gpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
import { compile, createRuntime as createRuntimeAt, type Runtime, type RuntimeOptions } from '../browser.ts'
import type { TensorData } from '../tree.ts'
import { allCases } from './all-cases.ts'
import { caseInputs } from './case-inputs.ts'
import { randomNumbers } from './random.ts'

// What the tests of the web runtime do inside the page. Each function gives plain values to the test.

type Weights = { w: Tensor; b: Tensor }
interface StepInputs extends Record<string, unknown> {
  parameters: Weights
  momentum: Weights
  x: Tensor
  y: Tensor
}

const wasmPaths = { wasm: { mjs, wasm }, webgpu: { mjs: gpuMjs, wasm: gpuWasm } }

function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  return createRuntimeAt({ wasmPaths, ...options })
}

const page = {
  isolated: (): boolean => globalThis.crossOriginIsolated,

  /** How many threads and which providers a runtime with these options has. */
  async inForce(options: RuntimeOptions): Promise<{ threads: number; providers: readonly string[] }> {
    const { threads, providers, dispose } = await started(options)
    await dispose()
    return { threads, providers }
  },

  /** The code of the error that a runtime with these options fails with. */
  async failure(options: RuntimeOptions): Promise<string> {
    try {
      const runtime = await createRuntime(options)
      await runtime.dispose()
      return 'none'
    } catch (error) {
      return (error as { code: string }).code
    }
  },

  /** Kernels that do not give what tfjs gives on its cpu backend, with the reason; `every` how many-th is tried. */
  async kernels(
    options: RuntimeOptions,
    { every = 1, slack = 0 }: { every?: number; slack?: number } = {},
  ): Promise<{ tried: number; wrong: string[] }> {
    await tf.setBackend('cpu')
    const runtime = await createRuntime(options)
    const cases = allCases().filter((_, i) => i % every === 0)
    const wrong: string[] = []
    for (const [seed, kernel] of cases.entries()) {
      const inputs = caseInputs(kernel, seed)
      const fn = ({ a, b, c }: Record<string, Tensor>) =>
        Object.fromEntries([kernel.fn(a!, b!, c!)].flat().map((y, i) => [`y${i}`, y]))
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([name, { data, spec }]) => [
          name,
          tf.tensor(data, [...spec.shape], spec.dtype),
        ]),
      )
      const eager = tf.tidy(() => fn(tensors))
      try {
        const compiled = await runtime.compile<Record<string, Tensor>, Record<string, Tensor>>(
          fn,
          Object.fromEntries(Object.entries(inputs).map(([name, { spec }]) => [name, spec])),
        )
        const results = await compiled.run(
          Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data])),
        )
        await compiled.dispose()
        for (const [name, tensor] of Object.entries(eager)) {
          const fault = difference(
            results[name]! as TensorData,
            // The cpu backend keeps the bytes of a bool that is cast.
            { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[tensor.dtype as 'bool'].from(
              tensor.dataSync() as Uint8Array,
            ),
            Math.max(kernel.tolerance ?? 2e-6, slack),
          )
          if (fault) wrong.push(`${kernel.name}: ${name}${fault}`)
        }
      } catch (error) {
        wrong.push(`${kernel.name}: ${(error as Error).message}`)
      }
      tf.dispose([tensors, eager])
    }
    await runtime.dispose()
    return { tried: cases.length, wrong }
  },

  /** Losses and a weight of a small net's training, compiled and eager; state is kept by the runtime. */
  async training(options: RuntimeOptions, steps: number): Promise<{ compiled: number[]; eager: number[] }> {
    registerGradients()
    await tf.setBackend('cpu')
    const next = randomNumbers(3)
    const random = (length: number): Float32Array => Float32Array.from({ length }, () => next() - 0.5)
    const data = { w: random(8 * 4), b: random(4), x: random(16 * 8), y: random(16 * 4) }
    const zeros = { w: new Float32Array(32), b: new Float32Array(4) }
    const shapes = { w: [8, 4], b: [4], x: [16, 8], y: [16, 4] }
    const spec = (name: keyof typeof shapes) => ({ shape: shapes[name], dtype: 'float32' }) as const
    const both = { w: spec('w'), b: spec('b') }

    const runtime = await createRuntime(options)
    await runtime.write({ parameters: { w: data.w, b: data.b }, momentum: zeros })
    const compiledStep = await runtime.compile(
      trainStep as (inputs: object) => object,
      { parameters: both, momentum: both, x: spec('x'), y: spec('y') } as never,
      { state: ['parameters', 'momentum'] },
    )
    const read = await runtime.compile(
      (({ parameters }: StepInputs) => ({ sum: tf.sum(parameters.w) })) as (inputs: object) => object,
      { parameters: both } as never,
      { state: ['parameters'] },
    )
    const compiled: number[] = []
    for (let i = 0; i < steps; i++) {
      const { loss } = (await compiledStep.run({ x: data.x, y: data.y } as never)) as { loss: Float32Array }
      compiled.push(loss[0]!)
    }
    compiled.push(((await read.run({})) as { sum: Float32Array }).sum[0]!)
    const { w } = await runtime.read('parameters')
    compiled.push((w as Float32Array)[5]!)
    await runtime.dispose()

    const eager: number[] = []
    let state = {
      parameters: { w: tf.tensor(data.w, shapes.w) as Tensor, b: tf.tensor(data.b, shapes.b) as Tensor },
      momentum: { w: tf.zeros(shapes.w) as Tensor, b: tf.zeros(shapes.b) as Tensor },
    }
    const [x, y] = [tf.tensor(data.x, shapes.x), tf.tensor(data.y, shapes.y)]
    for (let i = 0; i < steps; i++) {
      const { loss, ...nextState } = trainStep({ ...state, x, y })
      state = nextState
      eager.push(loss.dataSync()[0]!)
    }
    eager.push(tf.sum(state.parameters.w).dataSync()[0]!, state.parameters.w.dataSync()[5]!)
    return { compiled, eager }
  },

  /** What becomes of the state, of calls after `dispose`, and of arrays that were given and got. */
  async state(options: RuntimeOptions): Promise<Record<string, unknown>> {
    const runtime = await createRuntime(options)
    const given = Float32Array.of(1, 2)
    await runtime.write({ tally: { n: given } })
    given.fill(9)
    const before = await runtime.read('tally')
    const step = await runtime.compile(
      ({ tally, by }: { tally: { n: Tensor }; by: Tensor }) => ({
        tally: { n: tf.add(tally.n, by) },
        seen: tally.n,
      }),
      { tally: { n: { shape: [2], dtype: 'float32' } }, by: { shape: [], dtype: 'float32' } },
      { state: ['tally'] },
    )
    const by = Float32Array.of(1)
    const first = await step.run({ by })
    const after = await runtime.read('tally')
    await Promise.all([step.run({ by }), step.run({ by })])
    const missing = await step.run({}).catch((error: { code: string }) => error.code)
    const last = await runtime.read('tally')
    const results = {
      before: [...(before.n as Float32Array)],
      first: [...(first.seen as Float32Array)],
      after: [...(after.n as Float32Array)],
      last: [...(last.n as Float32Array)],
      by: by[0],
      missing,
    }
    await step.dispose()
    await runtime.dispose()
    await runtime.dispose()
    const disposed = await runtime.read('tally').catch((error: { code: string }) => error.code)
    return { ...results, disposed }
  },

  /**
   * How many arrays are still in memory that the runtime once gave, and how many bytes the state's former arrays take.
   * Chromium needs `--js-flags=--expose-gc`.
   */
  async kept(options: RuntimeOptions, times: number): Promise<{ answers: number; stale: number }> {
    const runtime = await createRuntime(options)
    await runtime.write({ tally: { n: new Float32Array(1000) } })
    const step = await runtime.compile(
      ({ tally }: { tally: { n: Tensor } }) => ({ tally: { n: tf.add(tally.n, 1) } }),
      { tally: { n: { shape: [1000], dtype: 'float32' } } },
      { state: ['tally'] },
    )
    // What ONNX Runtime allocates for a state, seen where it does so.
    const buffers: ArrayBuffer[] = []
    const { set } = Uint8Array.prototype
    Uint8Array.prototype.set = function (source, offset) {
      if (this.byteLength === 4000 && this.byteOffset === 0) buffers.push(this.buffer as ArrayBuffer)
      set.call(this, source, offset)
    }
    const answers: WeakRef<object>[] = []
    for (let i = 0; i < times; i++) {
      await step.run({})
      answers.push(new WeakRef((await runtime.read('tally')).n as object))
    }
    Uint8Array.prototype.set = set
    const stale = buffers.slice(0, -1).reduce((sum, buffer) => sum + buffer.byteLength, 0)
    // What a promise has just given is let go of by the task after.
    await new Promise(resolve => setTimeout(resolve))
    ;(globalThis as unknown as { gc(): void }).gc()
    await new Promise(resolve => setTimeout(resolve))
    const alive = answers.slice(0, -1).filter(answer => answer.deref() !== undefined).length
    await runtime.dispose()
    return { answers: alive, stale: buffers.length > times - 1 ? stale : Number.NaN }
  },

  /** What becomes of calls when the graphics device is lost. */
  async lostDevice(): Promise<string[]> {
    const ort = await import('onnxruntime-web/webgpu')
    const runtime = await createRuntime({ place: 'same-thread', providers: ['webgpu'] })
    await runtime.write({ tally: { n: Float32Array.of(1, 2) } })
    const step = await runtime.compile(
      ({ tally }: { tally: { n: Tensor } }) => ({ tally: { n: tf.add(tally.n, 1) } }),
      { tally: { n: { shape: [2], dtype: 'float32' } } },
      { state: ['tally'] },
    )
    await step.run({})
    const device = (await ort.env.webgpu.device) as unknown as { destroy(): void; lost: Promise<unknown> }
    device.destroy()
    await device.lost
    const code = (error: { code: string }): string => error.code
    const codes = [await step.run({}).then(String, code), await runtime.read('tally').then(String, code)]
    await runtime.dispose()
    return codes
  },

  /** How many timers had their turn while runs followed each other without a pause. */
  async timersBetween(options: RuntimeOptions, runs: number): Promise<number> {
    const compiled = await compile(
      ({ x }: { x: Tensor }) => ({ y: tf.add(x, 1) }),
      { x: { shape: [4], dtype: 'float32' } },
      { wasmPaths, ...options },
    )
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    for (let i = 0; i < runs; i++) await compiled.run({ x: new Float32Array(4) })
    clearInterval(timer)
    await compiled.dispose()
    return turns
  },

  /** How many messages the page handled while a large graph ran. */
  async messagesDuringRun(options: RuntimeOptions): Promise<number> {
    const size = 768
    const square = { shape: [size, size], dtype: 'float32' } as const
    const compiled = await compile(
      ({ x }: { x: Tensor }) => {
        let y = x
        for (let i = 0; i < 12; i++) y = tf.mul(tf.matMul(y as tf.Tensor2D, x as tf.Tensor2D), 1e-3)
        return { y }
      },
      { x: square },
      { wasmPaths, ...options },
    )
    let messages = 0
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      messages++
      port2.postMessage(null)
    }
    port2.postMessage(null)
    await compiled.run({ x: new Float32Array(size * size).fill(0.5) })
    port1.close()
    await compiled.dispose()
    return messages
  },
}

export type TestPage = typeof page
Object.assign(globalThis, { page })

async function started(options: RuntimeOptions) {
  const runtime = await createRuntime(options)
  return { threads: runtime.threads, providers: runtime.providers, dispose: () => runtime.dispose() }
}

function trainStep({ parameters, momentum, x, y }: StepInputs) {
  const names = ['w', 'b'] as const
  const { value, grads } = tf.valueAndGrads((w: Tensor, b: Tensor) =>
    tf.mean(tf.squaredDifference(tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b)), y)),
  )([parameters.w, parameters.b])
  const entries = names.map((name, i) => {
    const m = tf.add(tf.mul(momentum[name], 0.9), grads[i]!)
    return [name, m, tf.sub(parameters[name], tf.mul(m, 0.3))] as const
  })
  return {
    parameters: Object.fromEntries(entries.map(([name, , p]) => [name, p])) as unknown as Weights,
    momentum: Object.fromEntries(entries.map(([name, m]) => [name, m])) as unknown as Weights,
    loss: value,
  }
}

function difference(got: TensorData, expected: TensorData, tolerance: number): string | undefined {
  if (got.constructor !== expected.constructor || got.length !== expected.length) {
    return ` is a ${got.constructor.name}(${got.length}), not a ${expected.constructor.name}(${expected.length})`
  }
  const at = expected.findIndex((value, i) =>
    Number.isFinite(value)
      ? !(Math.abs(got[i]! - value) <= tolerance * (1 + Math.abs(value)))
      : !Object.is(got[i], value),
  )
  return at < 0 ? undefined : `[${at}] is ${got[at]}, not ${expected[at]}`
}
