export type { Encoding, TextRange } from './encoding/encoding.ts'
export type { PaddingOptions } from './encoding/padding.ts'
export type { EncodeOptions } from './encoding/pipeline.ts'
export type { TokenizerJson } from './encoding/tokenizer-json.ts'
export type { TruncationOptions } from './encoding/truncation.ts'
export { TokenizerError, type TokenizerErrorDetails } from './errors/tokenizer-error.ts'
export type { StyledVocabOptions } from './files/story-defaults.ts'
export type { VocabOptions } from './files/tokenizer-defaults.ts'
export type { AddedTokenJson } from './scanners/token-matcher.ts'
export { createTokenizer } from './tokenizer/create-tokenizer.ts'
export { loadPretrainedTokenizer, type PretrainedOptions } from './tokenizer/load-pretrained-tokenizer.ts'
export { loadTokenizer } from './tokenizer/load-tokenizer.ts'
export { parseTokenizer } from './tokenizer/parse-tokenizer.ts'
export type { BatchOptions, DecodeOptions, DecodeStream, Tokenizer } from './tokenizer/tokenizer.ts'
export {
  type TrainTokenizerOptions,
  type TrainTokenizerProgress,
  trainTokenizer,
} from './training/train-tokenizer.ts'
