import { checkTokenizer, loadPretrainedArrays, type PretrainedArrays } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { PipelineError } from '../errors.ts'
import { locateModel, type ModelAccess } from '../model/locate-model.ts'
import { loadTokenizerFile } from '../source/load-tokenizer-file.ts'
import type { RunOptions } from './run-options.ts'

/** The model that a run starts from. */
export interface StartModel extends Pick<PretrainedArrays, 'config' | 'parameters'> {
  /** That of the model, or the one that was asked for instead. */
  tokenizer: Tokenizer
}

/** Options that decide the shape of a model, which one that is there already has. */
const shapeOptions = ['preset', 'hiddenSize', 'layers', 'heads', 'vocabSize'] as const

/**
 * Loads the model that a run starts from, with its tokenizer unless another one is asked for.
 *
 * @throws PipelineError `decided-by-model`, `no-model`; ModelFileError `wrong-tokenizer` and those of the model's files
 */
export async function loadStart(
  from: string,
  options: RunOptions,
  access: ModelAccess,
  signal: AbortSignal | undefined,
): Promise<StartModel> {
  for (const option of shapeOptions)
    if (options[option] !== undefined) throw new PipelineError('decided-by-model', { from, option })
  const folder = await locateModel(from, access, signal)
  const model = await loadPretrainedArrays(folder)
  const tokenizer = await loadTokenizerFile(options.tokenizer ?? folder)
  await checkTokenizer(model, tokenizer, folder)
  return { config: model.config, parameters: model.parameters, tokenizer }
}
