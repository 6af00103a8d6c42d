import { BertScanner } from './bert-scanner.ts'
import { ComposedScanner } from './composed-scanner.ts'
import type { NormalizerJson } from './normalizers.ts'
import { PatternScanner } from './pattern-scanner.ts'
import { GPT2_PATTERN, type PreTokenizerJson } from './pre-tokenizers.ts'
import type { Scanner } from './scanner.ts'
import { RUN, storyPattern } from './story-pattern.ts'
import type { AddedTokenJson } from './token-matcher.ts'

/** The components of a tokenizer.json that a scanner is made from. */
export interface ScannerJson {
  normalizer: NormalizerJson | null
  pre_tokenizer: PreTokenizerJson | null
  added_tokens: readonly AddedTokenJson[]
}

/**
 * The fastest scanner for a normalizer and pre-tokenizer.
 *
 * @param mark first character of the continuation prefix, which the story split keeps apart.
 * @throws {TokenizerError} `unsupported-pattern`
 */
export function createScanner(json: ScannerJson, mark: string): Scanner {
  const { normalizer, pre_tokenizer: split } = json
  const normalized = json.added_tokens.filter(token => token.normalized)
  if (normalizer === null) {
    if (split?.type === 'ByteLevel' && split.use_regex && !split.add_prefix_space) {
      return new PatternScanner({ pattern: GPT2_PATTERN, run: 2 ** 30, bytes: true })
    }
    const isStory =
      split?.type === 'Split' &&
      split.behavior === 'Isolated' &&
      !split.invert &&
      'Regex' in split.pattern &&
      mark !== '' &&
      split.pattern.Regex === storyPattern(mark)
    if (isStory) return new PatternScanner({ pattern: storyPattern(mark), run: RUN, mark })
  } else if (
    normalizer.type === 'BertNormalizer' &&
    split?.type === 'BertPreTokenizer' &&
    normalized.length === 0
  ) {
    return new BertScanner(normalizer)
  }
  return new ComposedScanner(normalizer, split, normalizer === null ? [] : normalized)
}
