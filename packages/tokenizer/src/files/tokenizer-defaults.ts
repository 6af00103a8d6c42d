import type { DecoderJson } from '../decoders/create-decoder.ts'
import { bertTemplate, type TemplateProcessingJson } from '../encoding/template.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import type { WordPieceJson } from '../models/word-piece.ts'
import type { BertNormalizerOptions } from '../scanners/bert-scanner.ts'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'

/** How a vocabulary without a tokenizer.json is to be read: with BERT's normalizer, split and decoder. */
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
export interface BertTokenizerJson extends TokenizerJson {
  normalizer: { type: 'BertNormalizer' } & BertNormalizerOptions
  post_processor: TemplateProcessingJson | null
  decoder: Extract<DecoderJson, { type: 'WordPiece' }>
  model: WordPieceJson
}

/** Reads a bare vocabulary BERT's way. */
export function defaultTokenizerJson(
  vocab: ReadonlyMap<string, number>,
  options: VocabOptions,
): BertTokenizerJson {
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
    post_processor:
      cls !== undefined && sep !== undefined ? bertTemplate(['[CLS]', cls], ['[SEP]', sep]) : null,
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
