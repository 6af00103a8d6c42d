import { createDecoder } from '../decoders/create-decoder.ts'
import { continuingPrefix, createPipeline } from '../encoding/create-pipeline.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { parseTokenizerJson } from '../files/parse-tokenizer-json.ts'
import { PipelineTokenizer } from './pipeline-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Makes a tokenizer from the content of a `tokenizer.json`, as text or parsed: WordPiece or byte-pair encoding.
 *
 * @param source name of the file, for errors.
 * @throws InputError naming the part that is malformed or not supported
 * @throws {TokenizerError} when the vocabulary breaks a rule, or a pattern is not supported
 */
export function parseTokenizer(json: unknown, source = 'tokenizer.json'): Tokenizer {
  return fromJson(parseTokenizerJson(json, source))
}

/** The tokenizer of a checked tokenizer.json. */
export function fromJson(json: TokenizerJson): Tokenizer {
  return new PipelineTokenizer(
    json,
    createPipeline(json),
    createDecoder(json.decoder, continuingPrefix(json)),
  )
}
