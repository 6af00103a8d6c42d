import { createDecoder } from '../decoders/create-decoder.ts'
import { continuingPrefix, createPipeline } from '../encoding/create-pipeline.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { parseTokenizerJson } from '../files/parse-tokenizer-json.ts'
import { createNormalizer, normalizeString } from '../scanners/normalizers.ts'
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
  const decoder = createDecoder(json.decoder, continuingPrefix(json))
  return new PipelineTokenizer(json, createPipeline(json), decoder, decodedTokens(json))
}

/** Added tokens that are found in the normalized text are decoded as they look there, as in the Rust library. */
function decodedTokens({ normalizer, added_tokens: added }: TokenizerJson): Map<number, string> | undefined {
  if (normalizer === null) return undefined
  const normalize = createNormalizer(normalizer)
  const normalized = added.filter(token => token.normalized)
  if (normalized.length === 0) return undefined
  return new Map(normalized.map(({ id, content }) => [id, normalizeString(normalize, content)]))
}
