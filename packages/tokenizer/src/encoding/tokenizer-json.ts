import type { DecoderJson } from '../decoders/create-decoder.ts'
import type { BytePairJson } from '../models/byte-pair.ts'
import type { WordPieceJson } from '../models/word-piece.ts'
import type { NormalizerJson } from '../scanners/normalizers.ts'
import type { PreTokenizerJson } from '../scanners/pre-tokenizers.ts'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'
import type { PaddingJson } from './padding.ts'
import type { PostProcessorJson } from './post-processor.ts'
import type { TruncationJson } from './truncation.ts'

/** The file `tokenizer.json`, which the Rust and Python `tokenizers` read as well. */
export interface TokenizerJson {
  version: string
  truncation: TruncationJson | null
  padding: PaddingJson | null
  added_tokens: AddedTokenJson[]
  normalizer: NormalizerJson | null
  pre_tokenizer: PreTokenizerJson | null
  post_processor: PostProcessorJson | null
  decoder: DecoderJson | null
  model: WordPieceJson | BytePairJson
}
