import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gptConfig, initParameters, parameterShapes } from '@tinystories/model'
import { encodePretrained, loadPretrainedArrays } from '@tinystories/model/files'
import type { Reader } from '../reader.ts'

const pickles = fileURLToPath(new URL('../../../../packages/model/goldens/pickles/', import.meta.url))

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
    Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, new Blob([bytes as BlobPart])])),
  )

/** Reads a model of which one file is the input. */
function modelFile(name: 'config.json' | 'model.safetensors'): Reader {
  return {
    seeds: async () => [(await smallModel())[name]!],
    read: async input => load({ ...(await smallModel()), [name]: input }),
  }
}

/** Readers of models. */
export const modelReaders: Record<string, Reader> = {
  'model.safetensors': modelFile('model.safetensors'),
  'config.json': modelFile('config.json'),
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
