import { join } from 'node:path'
import type { GptConfig } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'

/** Saves a model with its tokenizer beside it, as transformers lays one out. */
export async function saveModel(
  folder: string,
  config: GptConfig,
  parameters: Record<string, Float32Array>,
  tokenizer: Tokenizer,
): Promise<void> {
  const { endOfTextId } = tokenizer
  const stopIds = endOfTextId === undefined ? [] : [endOfTextId]
  await saveSafetensors(folder, { config, parameters }, { stopIds })
  await tokenizer.save(join(folder, 'tokenizer.json'))
}
