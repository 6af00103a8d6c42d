import { writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gptConfig, initParameters, parameterShapes } from '@tinystories/model'
import { encodePretrained, loadAdapter, loadPretrainedArrays, saveAdapter } from '@tinystories/model/files'
import { readLlama2c } from '../../../../packages/model/src/files/llama2c.ts'
import { openRandomAccess } from '../../../../packages/model/src/files/random-access.ts'
import { blobOf } from '../in-memory.ts'
import { bytesOf, type Reader } from '../reader.ts'

const goldens = fileURLToPath(new URL('../../../../packages/model/goldens/', import.meta.url))
const pickles = `${goldens}pickles/`

let saved: Promise<Record<string, Uint8Array>> | undefined

/** Files of a model of some kilobytes. */
function smallModel(): Promise<Record<string, Uint8Array>> {
  saved ??= (async () => {
    const { useBackend } = await import('@tinystories/backends')
    await import('@tensorflow/tfjs-backend-cpu')
    await useBackend('cpu')
    const config = gptConfig('sample', {
      hiddenSize: 4,
      layers: 1,
      heads: 2,
      contextLength: 8,
      vocabSize: 12,
    })
    const tensors = initParameters(config, 1)
    const parameters = Object.fromEntries(
      Object.keys(parameterShapes(config)).map(name => [name, tensors[name]!.dataSync() as Float32Array]),
    )
    const files = await encodePretrained({ config, parameters })
    return Object.fromEntries(
      await Promise.all(
        Object.entries(files).map(async ([name, parts]) => [
          name,
          new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()),
        ]),
      ),
    )
  })()
  return saved
}

const load = (files: Record<string, Uint8Array>): Promise<unknown> =>
  loadPretrainedArrays(
    Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, blobOf(bytes)])),
  )

/** Reads a model of which one file is the input. */
function modelFile(name: 'config.json' | 'model.safetensors'): Reader {
  return {
    seeds: async () => [(await smallModel())[name]!],
    read: async input => load({ ...(await smallModel()), [name]: input }),
  }
}

/** Reads a config.json of transformers beside weights that need not belong to it. */
const configOf = (config: () => Uint8Array | Promise<Uint8Array>): Reader => ({
  seeds: () => [],
  extra: async () => [await config()],
  read: async input => load({ ...(await smallModel()), 'config.json': input }),
})

const llamaConfig = {
  ...{ model_type: 'llama', architectures: ['LlamaForCausalLM'], hidden_size: 4, intermediate_size: 8 },
  ...{ num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 2, vocab_size: 12 },
  ...{ max_position_embeddings: 8, rms_norm_eps: 1e-5, rope_theta: 10_000, hidden_act: 'silu' },
  ...{ initializer_range: 0.02, tie_word_embeddings: true, attention_bias: false, mlp_bias: false },
  rope_scaling: null,
}

/** A Llama of one layer as llama2.c writes it. */
function llama2cModel(): Uint8Array {
  const [hidden, mlp, layers, heads, vocabulary, context] = [4, 8, 1, 2, 12, 8] as const
  const maps = layers * (4 * hidden * hidden + 3 * hidden * mlp + 2 * hidden) + hidden
  const values = vocabulary * hidden + maps + (context * hidden) / heads
  const head = Int32Array.of(hidden, mlp, layers, heads, heads, vocabulary, context)
  return new Uint8Array(
    Buffer.concat([Buffer.from(head.buffer), Buffer.from(new Float32Array(values).fill(0.5).buffer)]),
  )
}

/** Reads an adapter of which one file is the input. */
function adapterFile(name: 'adapter_config.json' | 'adapter_model.safetensors'): Reader {
  let base: Awaited<ReturnType<typeof loadPretrainedArrays>>
  return {
    async seeds(folder) {
      base = await loadPretrainedArrays(`${goldens}from-transformers/gpt_neo`)
      const adapter = await loadAdapter(`${goldens}adapters/gpt_neo`, base)
      await saveAdapter(folder, adapter, base)
      return [await readFile(join(folder, name))]
    },
    read(input, folder) {
      writeFileSync(join(folder, name), input)
      return loadAdapter(folder, base)
    },
  }
}

/** The index of weights in several files. */
const weightIndex: Reader = {
  seeds: () => [],
  extra: () => [
    bytesOf({ metadata: { total_size: 9 }, weight_map: { 'lm_head.weight': 'a.safetensors' } }),
    bytesOf({ weight_map: { 'transformer.wte.weight': 'model.safetensors' } }),
  ],
  async read(input) {
    const { 'config.json': config, 'model.safetensors': weights } = await smallModel()
    await load({ 'config.json': config!, 'a.safetensors': weights!, 'model.safetensors.index.json': input })
  },
}

/** Readers of models. */
export const modelReaders: Record<string, Reader> = {
  'model.safetensors': modelFile('model.safetensors'),
  'config.json': modelFile('config.json'),
  'config.gpt2.json': configOf(() => readFile(`${goldens}from-transformers/gpt2/config.json`)),
  'config.gpt-neo.json': configOf(() => readFile(`${goldens}from-transformers/gpt_neo/config.json`)),
  'config.llama.json': configOf(() => bytesOf(llamaConfig)),
  'weights.index.json': weightIndex,
  'adapter_config.json': adapterFile('adapter_config.json'),
  'adapter_model.safetensors': adapterFile('adapter_model.safetensors'),
  'llama2c.bin': {
    seeds: () => [llama2cModel()],
    read: async input => readLlama2c(await openRandomAccess(blobOf(input))),
  },
  'pytorch_model.bin': {
    // None of them is that of the small model, so none is valid.
    seeds: () => [],
    extra: async () => {
      const names = (await readdir(pickles)).filter(name => name.endsWith('.bin'))
      return Promise.all(names.map(name => readFile(`${pickles}${name}`)))
    },
    read: async input => {
      const files = await smallModel()
      return load({ 'config.json': files['config.json']!, 'pytorch_model.bin': input })
    },
  },
}
