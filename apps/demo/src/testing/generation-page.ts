/// <reference lib="dom" />
/// <reference types="vite/client" />
import '@tensorflow/tfjs-backend-cpu'
import { useBackend } from '@tinystories/backends'
import { loadPretrained } from '@tinystories/model/files'
import {
  type Completion,
  createWasmModel,
  type GenerateOptions,
  generateBatch,
} from '@tinystories/model/generation'
import { parseTokenizer } from '@tinystories/tokenizer'
import config from '../../models/small/config.json?url'
import weights from '../../models/small/model.safetensors?url'
import vocabulary from '../../models/tokenizer.json?url'

// What the test of generation does inside a page: a shipped model continues prompts on both engines.

const get = async (url: string): Promise<Blob> => (await fetch(url)).blob()

const page = {
  /** The same prompts continued by the WASM engine and by tfjs, for each of the settings. */
  async generate(
    prompts: readonly string[],
    settings: readonly GenerateOptions[],
  ): Promise<{ wasm: Completion[]; tfjs: Completion[] }[]> {
    await useBackend('cpu')
    const model = await loadPretrained({
      'config.json': await get(config),
      'model.safetensors': await get(weights),
    })
    const wasmModel = await createWasmModel(model)
    const tokenizer = await parseTokenizer(await (await get(vocabulary)).text())
    const end = tokenizer.endOfTextId!
    const ids = prompts.map(prompt => [
      end,
      ...Array.from(tokenizer.encode(prompt, { addSpecialTokens: false }).ids),
    ])
    const results: { wasm: Completion[]; tfjs: Completion[] }[] = []
    for (const setting of settings) {
      const options = { ...setting, stopIds: [end] }
      results.push({
        wasm: await generateBatch(wasmModel, ids, options),
        tfjs: await generateBatch(model, ids, options),
      })
    }
    return results
  },
}

export type GenerationPage = typeof page
Object.assign(globalThis, { page })
