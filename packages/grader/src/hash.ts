import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** The first `digits` hexadecimal digits (16: 64 bits) of the SHA-256 of a text. */
export function hashText(text: string, digits = 16): string {
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, digits)
}

/** The hash of a JSON value, whatever the order of its fields; undefined fields count as absent. */
export function hashJson(value: unknown, digits = 16): string {
  return hashText(canonicalJson(value), digits)
}

/** JSON with sorted keys and no white space. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(',')}}`
}
