import { loadPretrainedArrays } from '@tinystories/model/files'
import { createWasmModel, type GenerateTextOptions } from '@tinystories/model/generation'
import { parseTokenizer } from '@tinystories/tokenizer'

/**
 * Loads the model of a folder of this page.
 *
 * @returns what `generateText` takes, beside a prompt
 */
export async function loadModel(folder: string): Promise<Omit<GenerateTextOptions, 'prompt'>> {
  const load = async (name: string): Promise<Blob> => {
    const response = await fetch(`${folder}/${name}`)
    if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`)
    return response.blob()
  }
  const [config, weights, vocabulary] = await Promise.all([
    load('config.json'),
    load('model.safetensors'),
    load('tokenizer.json'),
  ])
  const arrays = await loadPretrainedArrays({ 'config.json': config, 'model.safetensors': weights })
  return {
    model: await createWasmModel(arrays),
    tokenizer: parseTokenizer(JSON.parse(await vocabulary.text())),
    startId: arrays.startId,
    stopIds: arrays.stopIds,
  }
}
