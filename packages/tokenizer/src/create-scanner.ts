import { BertScanner } from './bert-scanner.ts'
import { TokenizerError } from './errors.ts'
import type { Scanner } from './scanner.ts'
import { StoryScanner, storyPattern } from './story-scanner.ts'
import type { TokenizerJson } from './tokenizer-json.ts'

/**
 * The scanner for the normaliser and pre-tokeniser of a tokenizer.json.
 *
 * @throws {TokenizerError} naming the component that is not supported.
 */
export function createScanner(json: Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer' | 'model'>): Scanner {
  const { normalizer, pre_tokenizer: split } = json
  if (normalizer?.type === 'BertNormalizer' && split?.type === 'BertPreTokenizer')
    return new BertScanner(normalizer)
  if (normalizer !== null && normalizer.type !== 'BertNormalizer') {
    throw new TokenizerError(`normalizer: ${named(normalizer)} is not supported; BertNormalizer and none are`)
  }
  if (split?.type === 'Split' && normalizer === null) {
    const mark = json.model.continuing_subword_prefix.charAt(0)
    if (split.behavior === 'Isolated' && !split.invert && split.pattern?.Regex === storyPattern(mark)) {
      return new StoryScanner(mark)
    }
    throw new TokenizerError(
      'pre_tokenizer: Split is supported only with the story pattern that this package writes',
    )
  }
  throw new TokenizerError(
    `pre_tokenizer: ${named(split)} with normalizer ${named(normalizer)} is not supported; ` +
      'BertNormalizer with BertPreTokenizer, and Split without normalizer, are',
  )
}

function named(component: { type: string } | null): string {
  return component === null ? 'none' : JSON.stringify(component.type)
}
