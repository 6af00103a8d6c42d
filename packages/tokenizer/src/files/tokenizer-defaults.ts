import type { BertNormalizerOptions } from '../scanners/bert-scanner.ts'
import type { AddedTokenJson, WordPieceTokenizerJson } from './tokenizer-json.ts'

/** How a vocabulary without a tokenizer.json is to be read: with BERT's normaliser, split and decoder. */
export interface VocabOptions {
  /** Lower-case and strip accents, as the uncased models want. Default true. */
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

/** The tokenizer.json of a bare vocabulary, BERT's way. */
export function defaultTokenizerJson(
  vocab: ReadonlyMap<string, number>,
  options: VocabOptions,
): WordPieceTokenizerJson & { normalizer: BertNormalizerOptions } {
  const { lowercase = true, continuingPrefix: prefix = '##', unknownToken = '[UNK]' } = options
  const special = (options.specialTokens ?? USUAL_SPECIAL_TOKENS).filter(token => vocab.has(token))
  const cls = vocab.get('[CLS]')
  const sep = vocab.get('[SEP]')
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(token => specialToken(token, vocab.get(token)!)).sort((a, b) => a.id - b.id),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: cls !== undefined && sep !== undefined ? bertTemplate(cls, sep) : null,
    decoder: { type: 'WordPiece', prefix, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknownToken,
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: options.maxInputCharsPerWord ?? 100,
      vocab: Object.fromEntries(vocab),
    },
  }
}

function specialToken(content: string, id: number): AddedTokenJson {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
}

/** BERT's `[CLS] A [SEP]`, and with a pair `[CLS] A [SEP] B [SEP]`. */
export function bertTemplate(cls: number, sep: number): WordPieceTokenizerJson['post_processor'] {
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
