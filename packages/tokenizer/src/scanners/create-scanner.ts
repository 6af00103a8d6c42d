import { TokenizerError } from '../errors/errors.ts'
import type { WordPieceTokenizerJson } from '../files/tokenizer-json.ts'
import { BertScanner } from './bert-scanner.ts'
import { ComposedScanner } from './composed-scanner.ts'
import type { Scanner } from './scanner.ts'
import { StoryScanner, storyPattern } from './story-scanner.ts'

/**
 * The scanner for the normaliser and pre-tokeniser of a tokenizer.json.
 *
 * @throws {TokenizerError} naming the component that is not supported.
 */
export function createScanner(
  json: Pick<WordPieceTokenizerJson, 'normalizer' | 'pre_tokenizer' | 'model'>,
): Scanner {
  const { normalizer, pre_tokenizer: split } = json
  if (normalizer?.type === 'BertNormalizer' && split?.type === 'BertPreTokenizer')
    return new BertScanner(normalizer)
  if (split?.type === 'Split') {
    const mark = json.model.continuing_subword_prefix.charAt(0)
    const isOurs =
      split.behavior === 'Isolated' && !split.invert && split.pattern?.Regex === storyPattern(mark)
    if (isOurs && normalizer === null) return new StoryScanner(mark)
    throw new TokenizerError(
      'pre_tokenizer: Split is supported only with the story pattern that this package writes, without a normalizer',
    )
  }
  return new ComposedScanner(normalizer, split)
}
