import { TokenizerError } from './errors.ts'
import { storyPattern } from './story-scanner.ts'
import type { AddedTokenJson, TokenizerJson } from './tokenizer-json.ts'

/** How a vocabulary without a tokenizer.json is to be read. */
export interface VocabOptions {
  /** `bert`: BERT's normaliser, split and decoder. `story`: cased, lossless, line breaks kept. Default `bert`. */
  style?: 'bert' | 'story'
  /** For `bert`: lower-case and strip accents, as the uncased models want. Default true. */
  lowercase?: boolean
  /** Default `##`. */
  continuingPrefix?: string
  /** Default `[UNK]`. */
  unknownToken?: string
  /** A word of more code points is unknown. Default 100. */
  maxInputCharsPerWord?: number
  /** Default: those of `[PAD] [UNK] [CLS] [SEP] [MASK] <|endoftext|>` that the vocabulary has. */
  specialTokens?: string[]
}

/** The token that ends a story in own vocabularies. */
export const END_OF_TEXT = '<|endoftext|>'

const USUAL_SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', END_OF_TEXT]

/** The tokenizer.json of a bare vocabulary. */
export function defaultTokenizerJson(
  vocab: ReadonlyMap<string, number>,
  options: VocabOptions,
): TokenizerJson {
  const { style = 'bert', lowercase = true, continuingPrefix = '##', unknownToken = '[UNK]' } = options
  const special = (options.specialTokens ?? USUAL_SPECIAL_TOKENS).filter(token => vocab.has(token))
  const cls = vocab.get('[CLS]')
  const sep = vocab.get('[SEP]')
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(token => specialToken(token, vocab.get(token)!)).sort((a, b) => a.id - b.id),
    ...(style === 'story' ? storyComponents(continuingPrefix) : bertComponents(lowercase, continuingPrefix)),
    post_processor:
      style === 'bert' && cls !== undefined && sep !== undefined ? bertTemplate(cls, sep) : null,
    model: {
      type: 'WordPiece',
      unk_token: unknownToken,
      continuing_subword_prefix: continuingPrefix,
      max_input_chars_per_word: options.maxInputCharsPerWord ?? 100,
      vocab: Object.fromEntries(vocab),
    },
  }
}

type Components = Pick<TokenizerJson, 'normalizer' | 'pre_tokenizer' | 'decoder'>

function bertComponents(lowercase: boolean, prefix: string): Components {
  return {
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    decoder: { type: 'WordPiece', prefix, cleanup: true },
  }
}

function storyComponents(prefix: string): Components {
  return {
    normalizer: null,
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: storyPattern(prefixMark(prefix)) },
      behavior: 'Isolated',
      invert: false,
    },
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
  throw new TokenizerError(
    `continuingPrefix: ${JSON.stringify(prefix)} cannot mark pieces of a story vocabulary; use symbols such as "##"`,
  )
}

function specialToken(content: string, id: number): AddedTokenJson {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
}

/** BERT's `[CLS] A [SEP]`, and with a pair `[CLS] A [SEP] B [SEP]`. */
export function bertTemplate(cls: number, sep: number): TokenizerJson['post_processor'] {
  const special = (id: '[CLS]' | '[SEP]', type: 0 | 1) => ({ SpecialToken: { id, type_id: type } })
  const sequence = (id: 'A' | 'B', type: 0 | 1) => ({ Sequence: { id, type_id: type } })
  const single = [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)]
  return {
    type: 'TemplateProcessing',
    single,
    pair: [...single, sequence('B', 1), special('[SEP]', 1)],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [cls], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [sep], tokens: ['[SEP]'] },
    },
  }
}
