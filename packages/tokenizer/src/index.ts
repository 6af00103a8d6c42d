export type { DecodeStream } from './decoders/decode-stream.ts'
export type { Encoding, TextRange } from './encoding/encoding.ts'
export type { PaddingOptions } from './encoding/padding.ts'
export type { EncodeOptions } from './encoding/pipeline.ts'
export type { TruncationOptions } from './encoding/truncation.ts'
export { TokenizerError } from './errors/errors.ts'
export type { PretrainedOptions } from './files/pretrained.ts'
export type { StyledVocabOptions } from './files/story-defaults.ts'
export type { VocabOptions } from './files/tokenizer-defaults.ts'
export type { AddedTokenJson, TokenizerJson } from './files/tokenizer-json.ts'
export { createTokenizer } from './tokenizer/create-tokenizer.ts'
export { loadPretrainedTokenizer } from './tokenizer/load-pretrained-tokenizer.ts'
export { loadTokenizer } from './tokenizer/load-tokenizer.ts'
export { parseTokenizer } from './tokenizer/parse-tokenizer.ts'
export type { BatchOptions, DecodeOptions, Tokenizer } from './tokenizer/tokenizer.ts'
export {
  type TrainTokenizerOptions,
  type TrainTokenizerProgress,
  trainTokenizer,
} from './training/train-tokenizer.ts'
