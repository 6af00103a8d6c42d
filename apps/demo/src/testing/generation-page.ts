/// <reference lib="dom" />
/// <reference types="vite/client" />
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { createRuntime, type RuntimeOptions } from '@tinystories/compiler'
import {
  type Completion,
  compileModel,
  type GenerateOptions,
  generateBatch,
  loadPretrainedArrays,
  parameterShapes,
} from '@tinystories/model'
import { WordPieceTokenizer } from '@tinystories/tokenizer'
import gpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import gpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
import config from '../../public/models/small/config.json?url'
import weights from '../../public/models/small/model.safetensors?url'
import vocabulary from '../../public/models/tokenizer.json?url'

// What the test of compiled generation does inside a page: a shipped model writes compiled, and on tfjs' cpu backend.

const wasmPaths = { wasm: { mjs, wasm }, webgpu: { mjs: gpuMjs, wasm: gpuWasm } }

export interface Told {
  text: string
  logProbabilities: number[]
}

const page = {
  /** The same prompts told compiled and by tfjs, for each of the settings. */
  async tell(
    options: RuntimeOptions,
    prompts: readonly string[],
    settings: readonly GenerateOptions[],
  ): Promise<{ compiled: Told[]; eager: Told[] }[]> {
    const get = async (url: string): Promise<Blob> => (await fetch(url)).blob()
    const { config: shape, parameters } = await loadPretrainedArrays({
      'config.json': await get(config),
      'model.safetensors': await get(weights),
    })
    const tokenizer = await WordPieceTokenizer.fromJSON(await (await get(vocabulary)).text())
    const end = tokenizer.endOfTextId!
    const ids = prompts.map(prompt => [
      end,
      ...Array.from(tokenizer.encode(prompt, { addSpecialTokens: false }).ids),
    ])
    const told = (completions: Completion[]): Told[] =>
      completions.map(({ ids, logProbabilities }) => ({ text: tokenizer.decode(ids), logProbabilities }))

    await useBackend('cpu')
    const shapes = parameterShapes(shape)
    const tensors = Object.fromEntries(
      Object.entries(parameters).map(([name, values]) => [name, tf.tensor(values, shapes[name]!, 'float32')]),
    )
    const runtime = await createRuntime({ wasmPaths, ...options })
    const compiled = await compileModel(runtime, { config: shape, parameters })
    const results: { compiled: Told[]; eager: Told[] }[] = []
    for (const setting of settings) {
      const all = { ...setting, stopIds: [end] }
      results.push({
        compiled: told(await generateBatch(compiled, ids, all)),
        eager: told(await generateBatch({ config: shape, parameters: tensors }, ids, all)),
      })
    }
    await compiled.dispose()
    await runtime.dispose()
    tf.dispose(tensors)
    return results
  },
}

export type GenerationPage = typeof page
Object.assign(globalThis, { page })
