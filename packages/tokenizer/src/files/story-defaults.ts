import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { TokenizerError } from '../errors/tokenizer-error.ts'
import { storyPattern } from '../scanners/story-pattern.ts'
import { defaultTokenizerJson, type VocabOptions } from './tokenizer-defaults.ts'

/** How a vocabulary file is to be read. */
export interface StyledVocabOptions extends VocabOptions {
  /** `bert`: BERT's normalizer, split and decoder. `story`: cased, lossless, line breaks kept. Default `bert`. */
  style?: 'bert' | 'story'
}

/**
 * The tokenizer.json of a bare vocabulary in either style.
 *
 * @throws {TokenizerError} when the prefix cannot mark the pieces of a story vocabulary.
 */
export function styledTokenizerJson(
  vocab: ReadonlyMap<string, number>,
  { style = 'bert', ...options }: StyledVocabOptions,
): TokenizerJson {
  const bert = defaultTokenizerJson(vocab, options)
  if (style === 'bert') return bert
  const prefix = bert.model.continuing_subword_prefix
  return {
    ...bert,
    normalizer: null,
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: storyPattern(prefixMark(prefix)) },
      behavior: 'Isolated',
      invert: false,
    },
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Replace', pattern: { Regex: `^${prefix}` }, content: '' }, { type: 'Fuse' }],
    },
  }
}

/**
 * First character of the prefix, which the story split keeps apart.
 *
 * @throws {TokenizerError} unless the prefix is made of ASCII symbols with no meaning in a regular expression.
 */
function prefixMark(prefix: string): string {
  if (/^[!"#%&,:;<=>@_`~-]+$/.test(prefix)) return prefix.charAt(0)
  throw new TokenizerError('invalid-option', {
    option: 'continuingPrefix',
    value: prefix,
    expected: 'ASCII symbols such as "##" for a story vocabulary',
  })
}
