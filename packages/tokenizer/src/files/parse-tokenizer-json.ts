import { parseJson, parseValue } from '@tinystories/utils/schema'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { TokenizerError } from '../errors/tokenizer-error.ts'
import { numberAddedTokens } from './number-added-tokens.ts'
import { tokenizerSchema } from './tokenizer-schema.ts'

/**
 * Checks the content of a `tokenizer.json`, as text or parsed, and fills in what older files leave out.
 *
 * @throws {TokenizerError} `bare-vocabulary`
 * @throws InputError naming the field that is missing, of the wrong type or not supported
 */
export function parseTokenizerJson(json: unknown, source: string): TokenizerJson {
  // A byte order mark is no JSON, but editors leave it.
  const file = typeof json === 'string' ? parseJson(json.replace(/^\ufeff/, ''), { source }) : json
  if (isVocabulary(file)) throw new TokenizerError('bare-vocabulary', { source })
  const parsed = parseValue(tokenizerSchema, file, source)
  return { ...parsed, added_tokens: numberAddedTokens(parsed.added_tokens, parsed.model.vocab) }
}

function isVocabulary(file: unknown): boolean {
  if (typeof file !== 'object' || file === null || Array.isArray(file)) return false
  const ids = Object.values(file)
  return ids.length > 0 && ids.every(Number.isInteger)
}
