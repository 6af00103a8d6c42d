import { join } from 'node:path'
import type { GptConfig } from '@tinystories/model'
import { saveSafetensors, tokenizerHash } from '@tinystories/model/files'
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
  const hash = await tokenizerHash(tokenizer)
  await saveSafetensors(folder, { config, parameters }, { stopIds, tokenizerHash: hash })
  await tokenizer.save(join(folder, 'tokenizer.json'))
}
