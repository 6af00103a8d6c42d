import type { TokenizerErrorDetails } from '@tinystories/tokenizer'
import { flagOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

export const tokenizerError: Wording<TokenizerErrorDetails> = {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${flagOf(option)} is ${String(value)}.`,
    remedy: `Expected ${expected}.`,
  }),
  'invalid-texts': own,
  'no-words': () => ({ remedy: 'Give some stories.' }),
  'vocabulary-too-small': ({ vocabSize, smallest }) => ({
    problem: `--vocab-size ${vocabSize} is too small: special tokens and alphabet alone take ${smallest}.`,
    remedy: 'Ask for more pieces.',
  }),
  'invalid-vocabulary': own,
  'bare-vocabulary': () => ({ remedy: 'Give a tokenizer.json, or a vocab.json with merges.txt beside it.' }),
  'not-storable': () => ({ remedy: 'Choose a name that ends in .json.' }),
  'missing-token': () => ({ remedy: 'Add it, or choose another tokenizer.' }),
  'unknown-id': own,
  'offsets-not-kept': own,
  'unsupported-pattern': own,
  'no-worker-threads': own,
}
