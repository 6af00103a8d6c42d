import type { BertNormalizerOptions } from '../scanners/bert-scanner.ts'

/** A token that is matched in the text before anything else, as tokenizer.json writes it. */
export interface AddedTokenJson {
  id: number
  content: string
  /** Only between non-word characters. */
  single_word: boolean
  /** Takes in the white space to its left. */
  lstrip: boolean
  /** Takes in the white space to its right. */
  rstrip: boolean
  /** Matched in the normalised text rather than the raw one. */
  normalized: boolean
  /** Left out by `decode` unless asked for. */
  special: boolean
}

/** One element of a post-processing template. */
export type TemplatePieceJson =
  | { SpecialToken: { id: string; type_id: number } }
  | { Sequence: { id: 'A' | 'B'; type_id: number } }

/** Which special tokens go around a text, or a pair of texts. */
export interface TemplateProcessingJson {
  type: 'TemplateProcessing'
  single: TemplatePieceJson[]
  pair: TemplatePieceJson[]
  special_tokens: Record<string, { id: string; ids: number[]; tokens: string[] }>
}

/** The older form of the same for BERT. */
export interface BertProcessingJson {
  type: 'BertProcessing'
  sep: [token: string, id: number]
  cls: [token: string, id: number]
}

/** Byte-level BPE works on bytes written as characters (GPT-2). */
export interface ByteLevelJson {
  type: 'ByteLevel'
  add_prefix_space?: boolean
  trim_offsets?: boolean
  use_regex?: boolean
}

/** The post-processors that this package reads. */
export type PostProcessorJson = TemplateProcessingJson | BertProcessingJson | ByteLevelJson

/** The normalisers that this package reads. */
export type NormalizerJson =
  | ({ type: 'BertNormalizer' } & BertNormalizerOptions)
  | { type: 'Lowercase' | 'StripAccents' | 'NFC' | 'NFD' | 'NFKC' | 'NFKD' }
  | { type: 'Strip'; strip_left: boolean; strip_right: boolean }
  | { type: 'Sequence'; normalizers: NormalizerJson[] }

/** The pre-tokenisers that this package reads. */
export type PreTokenizerJson =
  | ByteLevelJson
  | { type: 'BertPreTokenizer' | 'Whitespace' | 'WhitespaceSplit' }
  | { type: 'Punctuation'; behavior: string }
  | { type: 'Digits'; individual_digits: boolean }
  | { type: 'Sequence'; pretokenizers: PreTokenizerJson[] }
  | { type: 'Split'; pattern: { Regex: string }; behavior: 'Isolated'; invert: boolean }

/** The decoders that this package reads. */
export type DecoderJson =
  | ByteLevelJson
  | { type: 'WordPiece'; prefix: string; cleanup: boolean }
  | { type: 'Replace'; pattern: { Regex: string } | { String: string }; content: string }
  | { type: 'Fuse' }
  | { type: 'Sequence'; decoders: DecoderJson[] }

/** A WordPiece model with its vocabulary. */
export interface WordPieceJson {
  type: 'WordPiece'
  unk_token: string
  continuing_subword_prefix: string
  max_input_chars_per_word: number
  vocab: Record<string, number>
}

/** How texts are cut by default. */
export interface TruncationJson {
  max_length: number
  strategy: 'LongestFirst' | 'OnlyFirst' | 'OnlySecond'
  stride: number
  direction?: 'Left' | 'Right'
}

/** How texts are filled up by default. */
export interface PaddingJson {
  strategy: 'BatchLongest' | { Fixed: number }
  direction: 'Left' | 'Right'
  pad_to_multiple_of: number | null
  pad_id: number
  pad_type_id: number
  pad_token: string
}

/** A byte-level BPE model with its vocabulary. */
export interface BytePairModelJson {
  type: 'BPE'
  vocab: Record<string, number>
  /** Pairs in the order of merging, each as one string with a blank between or as a list of two. */
  merges: (string | [string, string])[]
}

/** The file `tokenizer.json` of a WordPiece or byte-level BPE tokenizer. */
export interface TokenizerJson<Model = WordPieceJson | BytePairModelJson> {
  version: string
  truncation: TruncationJson | null
  padding: PaddingJson | null
  added_tokens: AddedTokenJson[]
  normalizer: NormalizerJson | null
  pre_tokenizer: PreTokenizerJson | null
  post_processor: PostProcessorJson | null
  decoder: DecoderJson | null
  model: Model
}

/** A {@link TokenizerJson} whose model is WordPiece. */
export type WordPieceTokenizerJson = TokenizerJson<WordPieceJson>
