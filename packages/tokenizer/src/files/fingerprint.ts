import type { TokenizerJson } from '../encoding/tokenizer-json.ts'

/**
 * SHA-256 in hexadecimal of everything in a tokenizer.json that decides which ids a text gets and which text they
 * give back: not of default padding and truncation, nor of the order of keys.
 */
export async function fingerprint({ padding: _, truncation: __, ...json }: TokenizerJson): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(sorted(json)))
  const hash = await globalThis.crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** A value with the keys of its objects in order, as lists of pairs: no key is read as an index. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, each]) => [key, sorted(each)])
}
