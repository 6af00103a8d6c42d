import { join } from 'node:path'
import { type InstructTemplate, instructTemplateFile } from '@tinystories/dataset/instruct'
import type { GptConfig } from '@tinystories/model'
import { saveSafetensors, tokenizerHash } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { writeFileAtomically } from '@tinystories/utils/disk'

/** What {@link saveModel} saves. */
export interface SavedModel {
  config: GptConfig
  parameters: Record<string, Float32Array>
  tokenizer: Tokenizer
  /** Of the instructions that the model was trained on, where it was. */
  template?: InstructTemplate | undefined
}

/** Saves a model with its tokenizer beside it, as transformers lays one out. */
export async function saveModel(
  folder: string,
  { config, parameters, tokenizer, template }: SavedModel,
): Promise<void> {
  const { endOfTextId } = tokenizer
  const stopIds = endOfTextId === undefined ? [] : [endOfTextId]
  const hash = await tokenizerHash(tokenizer)
  await saveSafetensors(folder, { config, parameters }, { stopIds, tokenizerHash: hash })
  await tokenizer.save(join(folder, 'tokenizer.json'))
  if (template)
    await writeFileAtomically(join(folder, instructTemplateFile), `${JSON.stringify(template, null, 2)}\n`)
}
