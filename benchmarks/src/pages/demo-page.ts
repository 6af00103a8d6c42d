/// <reference lib="dom" />
/// <reference types="vite/client" />
import '@tensorflow/tfjs-backend-wasm'
import tfjsPlain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import tfjsSimd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import tfjsThreads from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import type { RuntimeOptions } from '@tinystories/compiler'
import { evaluateLoss, gptConfig, initParameterArrays, initParameters, loss } from '@tinystories/model'
import { createWasmModel, generate } from '@tinystories/model/generation'
import { adamW, createEngine, initialState, type TokenBatch } from '@tinystories/trainer'
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'

// What the benchmark `demo` does inside the page: the same work by two engines, each timed by itself.

const BATCH = 8
const files = {
  'tfjs-backend-wasm.wasm': tfjsPlain,
  'tfjs-backend-wasm-simd.wasm': tfjsSimd,
  'tfjs-backend-wasm-threaded-simd.wasm': tfjsThreads,
}
const whole = (url: string): string => new URL(url, document.baseURI).href
const wasmPaths: RuntimeOptions['wasmPaths'] = { wasm: { mjs: whole(mjs), wasm: whole(wasm) } }
const config = gptConfig('sample')

export interface DemoPage {
  about(): { isolated: boolean; cores: number; tfjsThreads: boolean }
  /** Sets both engines up; the largest relative difference of their losses over the first steps. */
  prepareTraining(threads: number): Promise<number>
  /** Tokens per second over so many steps; `raw` is the wasm backend with its own matrix product. */
  trainSteps(engine: 'compiled' | 'wasm' | 'raw', count: number): Promise<number>
  endTraining(): Promise<void>
  prepareWriting(): Promise<void>
  /** Tokens per second of one text. */
  write(engine: 'wasm' | 'tfjs'): Promise<number>
}

type Engines = Record<'compiled' | 'wasm', Awaited<ReturnType<typeof createEngine>>['engine']>
let engines: Engines | undefined
let step = 0
let models: Record<'wasm' | 'tfjs', Parameters<typeof generate>[0]> | undefined
const optimizer = adamW()
/** The matrix product that tfjs' wasm backend comes with, and the one that `@tinystories/backends` puts in its place. */
let ownProduct: tf.KernelConfig | undefined
let mendedProduct: tf.KernelConfig | undefined

function swapProduct(kernel: tf.KernelConfig): void {
  tf.unregisterKernel('BatchMatMul', 'wasm')
  tf.registerKernel(kernel)
}

const page: DemoPage = {
  about: () => ({
    isolated: crossOriginIsolated,
    cores: navigator.hardwareConcurrency,
    tfjsThreads: tf.env().getBool('WASM_HAS_MULTITHREAD_SUPPORT'),
  }),

  async prepareTraining(threads) {
    ownProduct = tf.getKernel('BatchMatMul', 'wasm')
    await useBackend('wasm', { wasmPaths: files })
    mendedProduct = tf.getKernel('BatchMatMul', 'wasm')
    const parameters = initParameters(config, 1)
    const model = {
      parameters,
      loss: (p: typeof parameters, batch: Parameters<typeof loss>[2]) => loss(config, p, batch),
      evaluate: (p: typeof parameters, batch: Parameters<typeof loss>[2]) => evaluateLoss(config, p, batch),
    }
    const start = await initialState(parameters, optimizer)
    const make = async (engine: 'compiled' | 'wasm') => {
      const made = await createEngine({
        model,
        optimizer,
        engine,
        runtime: { runtime: 'web', wasmPaths },
        threads,
      })
      await made.engine.load(start)
      return made.engine
    }
    engines = { compiled: await make('compiled'), wasm: await make('wasm') }
    let apart = 0
    for (let i = 1; i <= 3; i++) {
      const a = (await engines.compiled.step(batch(i), scalars(i))).loss
      const b = (await engines.wasm.step(batch(i), scalars(i))).loss
      apart = Math.max(apart, Math.abs(a / b - 1))
    }
    return apart
  },

  async trainSteps(name, count) {
    if (name === 'raw') swapProduct(ownProduct!)
    try {
      const began = performance.now()
      for (let i = 0; i < count; i++) {
        await engines![name === 'raw' ? 'wasm' : name].step(batch(++step), scalars(step + 3))
      }
      return (count * BATCH * config.contextLength) / ((performance.now() - began) / 1000)
    } finally {
      if (name === 'raw') swapProduct(mendedProduct!)
    }
  },

  async endTraining() {
    await engines?.compiled.dispose()
    await engines?.wasm.dispose()
    engines = undefined
  },

  async prepareWriting() {
    await useBackend('wasm', { wasmPaths: files })
    models = {
      wasm: await createWasmModel({ config, parameters: initParameterArrays(config, 1) }),
      tfjs: { config, parameters: initParameters(config, 1) },
    }
  },

  async write(name) {
    const maxTokens = 100
    const began = performance.now()
    for await (const _ of generate(models![name], [1, 2, 3], { maxTokens, seed: 1, topK: 40 }));
    return maxTokens / ((performance.now() - began) / 1000)
  },
}
Object.assign(globalThis, { page })

function scalars(step: number): Record<string, number> {
  return { learningRate: 1e-3, ...optimizer.scalars(step) }
}

/** A language with something to learn: each token decides the next but for a little noise. */
function batch(index: number): TokenBatch {
  const length = BATCH * config.contextLength
  const ids = new Int32Array(length + 1)
  let state = index * 7919 + 1
  for (let i = 1; i <= length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    ids[i] = (ids[i - 1]! * 31 + (state >>> 30)) % config.vocabSize
  }
  return {
    inputs: ids.slice(0, length),
    targets: ids.slice(1),
    mask: new Float32Array(length).fill(1),
    shape: [BATCH, config.contextLength],
    bytes: length * 4,
  }
}
