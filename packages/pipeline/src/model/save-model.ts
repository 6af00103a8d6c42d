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
  await saveSafetensors(folder, { config, parameters }, endOfTextId === undefined ? {} : { endOfTextId })
  await tokenizer.save(join(folder, 'tokenizer.json'))
}
