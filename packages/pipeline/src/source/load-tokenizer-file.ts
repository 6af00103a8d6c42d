import { loadTokenizer, type Tokenizer, TokenizerError } from '@tinystories/tokenizer'
import { PipelineError } from '../errors.ts'

/**
 * Loads a tokenizer from a file or folder.
 *
 * @throws PipelineError `invalid-tokenizer`, which names the path; FileError, InputError
 */
export function loadTokenizerFile(path: string): Promise<Tokenizer> {
  return loadTokenizer(path).catch((error: unknown) => {
    if (!TokenizerError.isInstance(error)) throw error
    throw new PipelineError(
      'invalid-tokenizer',
      { tokenizer: path, problem: error.problem },
      { cause: error },
    )
  })
}
