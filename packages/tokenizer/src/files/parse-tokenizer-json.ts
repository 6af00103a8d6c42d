import { parseJson, parseValue } from '@tinystories/utils/schema'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { tokenizerSchema } from './tokenizer-schema.ts'

/**
 * Checks the content of a `tokenizer.json`, as text or parsed, and fills in what older files leave out.
 *
 * @throws InputError naming the field that is missing, of the wrong type or not supported
 */
export function parseTokenizerJson(json: unknown, source: string): TokenizerJson {
  // A byte order mark is no JSON, but editors leave it.
  const file = typeof json === 'string' ? parseJson(json.replace(/^\ufeff/, ''), { source }) : json
  return parseValue(tokenizerSchema, file, source)
}
