import { loadPretrained, type PretrainedOptions } from '../files/pretrained.ts'
import type { StyledVocabOptions } from '../files/story-defaults.ts'
import { TOKENIZER_FILES, tokenizerFromText } from './load-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Loads the tokenizer of a published model, such as `bert-base-uncased` or `roneneldan/TinyStories-33M`. Where the
 * model has only a `vocab.txt`, the vocabulary's options say how to read it.
 *
 * @throws {TokenizerError} when it cannot be fetched, or is not supported.
 */
export async function loadPretrainedTokenizer(
  name: string,
  options: PretrainedOptions & StyledVocabOptions = {},
): Promise<Tokenizer> {
  const files = await loadPretrained(name, TOKENIZER_FILES, options)
  const [[file, text]] = files as unknown as Iterable<[string, string]> as [[string, string]]
  return tokenizerFromText(text, `${name}/${file}`, files.get('merges.txt'), options)
}
