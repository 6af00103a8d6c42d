import type { Random } from '@tinystories/utils/random'
import { mutateJson } from './mutate-json.ts'

/** Texts that readers of numbers, lists and names have trouble with. */
const tokens = [
  '-1',
  '0',
  '1e308',
  '9007199254740993',
  'NaN',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '[[',
  '"__proto__"',
  '../',
  '\u0000',
  '\ufffd',
  '\ufeff',
  '\u009b',
  '\u202e',
  '\\ud800',
  '1e400',
  '-0',
  '"constructor"',
  '<|endoftext|>',
  '\r\n',
  '"',
  ',',
]
const encoder = new TextEncoder()

/**
 * Changes an input one to four times: a value of it where it is JSON, bits, bytes, ranges that are cut, repeated or taken
 * from another input, and texts that readers have trouble with.
 */
export function mutate(input: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = input
  for (let left = random.integer(4); left >= 0; left--)
    bytes = (random.integer(2) === 0 && mutateJson(bytes, random)) || mutateOnce(bytes, others, random)
  return bytes
}

function mutateOnce(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.integer(bytes.length + 1)
  const length = Math.min(bytes.length - at, 1 + random.integer(random.integer(4) === 0 ? 200 : 8))
  const replace = (cut: number, ...inserted: Uint8Array[]): Uint8Array =>
    concatenate([bytes.subarray(0, at), ...inserted, bytes.subarray(at + cut)])
  switch (random.integer(8)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return replace(length)
    case 2:
      return replace(0, bytes.subarray(at, at + length), bytes.subarray(at, at + length))
    case 3: {
      const other = others[random.integer(others.length)] ?? bytes
      const from = random.integer(other.length + 1)
      return replace(length, other.subarray(from, from + length))
    }
    case 4:
    case 5:
      return replace(length, encoder.encode(tokens[random.integer(tokens.length)]))
    case 6:
      return replace(1, Uint8Array.of([0, 1, 0x7f, 0x80, 0xff][random.integer(5)] ?? 0))
    default: {
      if (at >= bytes.length) return bytes
      const changed = new Uint8Array(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8))
      return changed
    }
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}
