interface NodeBuffer {
  write(text: string, offset: number, encoding: 'utf16le'): number
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
// Node copies a string to bytes natively; browsers have no such thing for UTF-16.
const { Buffer: node } = globalThis as { Buffer?: { from(buffer: ArrayBufferLike): NodeBuffer } }

/** Shorter texts are copied faster by a loop than by a call to native code. */
const SHORT = 48
/** A larger buffer is given up when it is no longer needed. */
const LARGE = 1 << 20

/**
 * Holds one text at a time as UTF-16 units, for the scanners: reading an array is several times faster than
 * asking a string for its characters.
 */
export class UnitBuffer {
  #units: Uint16Array = new Uint16Array(4096)
  #bytes: NodeBuffer | undefined

  /** The units of the text, at the beginning of an array that the next call overwrites. */
  fill(text: string): Uint16Array {
    const { length } = text
    const size = this.#units.length
    if (length > size || (size > LARGE && length <= LARGE)) {
      this.#units = new Uint16Array(length > size ? Math.max(length, Math.min(size * 2, LARGE)) : LARGE)
      this.#bytes = undefined
    }
    if (length > SHORT && node !== undefined && littleEndian) {
      this.#bytes ??= node.from(this.#units.buffer)
      this.#bytes.write(text, 0, 'utf16le')
    } else {
      const units = this.#units
      for (let i = 0; i < length; i++) units[i] = text.charCodeAt(i)
    }
    return this.#units
  }
}

/** Code point at `at`, never reading at or past `end`; a lone surrogate is its own. */
export function codePointIn(units: Uint16Array, at: number, end: number): number {
  const first = units[at]!
  if ((first & 0xfc00) !== 0xd800 || at + 1 >= end) return first
  const second = units[at + 1]!
  if ((second & 0xfc00) !== 0xdc00) return first
  return ((first - 0xd800) << 10) + (second - 0xdc00) + 0x10000
}

/** The string of `units[from, to)`, whatever its length. */
export function unitsToString(units: Uint16Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at += 8192) {
    text += String.fromCharCode(...units.subarray(at, Math.min(at + 8192, to)))
  }
  return text
}
