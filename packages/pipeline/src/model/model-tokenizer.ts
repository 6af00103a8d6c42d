import { checkTokenizer, type PretrainedArrays, type TokenizerCheck } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { loadTokenizerFile } from '../source/load-tokenizer-file.ts'
import { type ModelAccess, tokenizerPath } from './locate-model.ts'

/** Options of {@link loadModelTokenizer}. */
export interface ModelTokenizerOptions extends Pick<ModelAccess, 'onUncertainTokenizer'> {
  /** Path of another tokenizer. Default: the one that is with the model. */
  path?: string | undefined
}

/** A tokenizer, and how surely it is the model's. */
export interface ModelTokenizer {
  tokenizer: Tokenizer
  tokenizerCheck: TokenizerCheck
}

/**
 * Loads the tokenizer of a located model. Every command that opens a model comes by here, so that none goes on with another
 * tokenizer than the model was trained with.
 *
 * @throws ModelFileError `wrong-tokenizer`; PipelineError `no-tokenizer-beside`, `invalid-tokenizer`; FileError, InputError
 */
export async function loadModelTokenizer(
  location: string,
  model: Pick<PretrainedArrays, 'config' | 'tokenizerHash'>,
  { path, onUncertainTokenizer }: ModelTokenizerOptions = {},
): Promise<ModelTokenizer> {
  const tokenizer = await loadTokenizerFile(path ?? (await tokenizerPath(location)))
  const tokenizerCheck = await checkTokenizer(model, tokenizer, location)
  if (tokenizerCheck.by === 'sizes') onUncertainTokenizer?.(location)
  return { tokenizer, tokenizerCheck }
}
