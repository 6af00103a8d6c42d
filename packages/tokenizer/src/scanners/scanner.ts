import { enlarged } from '../memory/enlarged.ts'
import { unitsToString } from '../text/units.ts'

/** Start value of the hash that scanners compute over the units of a word, while they look at them anyway. */
export const HASH_SEED = 0x2f0b4c47

/** One step of that hash (FNV-1a over UTF-16 units). */
export function hashUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193)
}

/** The same over a whole word. */
export function hashWord(units: Uint16Array, start: number, end: number): number {
  let hash = HASH_SEED
  for (let i = start; i < end; i++) hash = hashUnit(hash, units[i]!)
  return hash
}

/** Takes the words that a {@link Scanner} finds, in order. */
export interface WordSink {
  /**
   * A word is `units[start, end)`, `hash` its hash. Equal words of one scanner always have the same normal form,
   * so a sink may cache by the word.
   */
  word(units: Uint16Array, start: number, end: number, hash: number): void
  /** An added token that was found in the normalized text. */
  token?(id: number, start: number, end: number, text: string): void
}

/** A normalized word: UTF-16 units, each with the range of the raw word it came from. */
export class WordBuffer {
  units: Uint16Array = new Uint16Array(64)
  starts: Int32Array = new Int32Array(64)
  ends: Int32Array = new Int32Array(64)
  length = 0
  /** Unicode code points in the word. */
  codePoints = 0

  clear(): void {
    this.length = 0
    this.codePoints = 0
  }

  /** Appends one UTF-16 unit that came from `[start, end)` of the raw word. */
  push(unit: number, start: number, end: number): void {
    if (this.length === this.units.length) this.#grow()
    this.units[this.length] = unit
    this.starts[this.length] = start
    this.ends[this.length] = end
    this.length++
    // The second half of a surrogate pair is not a code point of its own.
    if ((unit & 0xfc00) !== 0xdc00) this.codePoints++
  }

  toString(): string {
    return unitsToString(this.units, 0, this.length)
  }

  #grow(): void {
    const size = this.length * 2
    this.units = enlarged(this.units, size)
    this.starts = enlarged(this.starts, size)
    this.ends = enlarged(this.ends, size)
  }
}

/**
 * Normalizer and pre-tokenizer in one pass: finds words in the raw units of a text, and normalizes a word when asked.
 */
export interface Scanner {
  /**
   * Reports every word of `units[from, to)` to the sink. Nothing outside the range is looked at.
   *
   * @param base where the text begins that the range is a part of.
   */
  scan(units: Uint16Array, from: number, to: number, sink: WordSink, base: number): void
  /** Writes the normalized form of the raw word `units[start, end)` to `out`, ranges relative to `start`. */
  normalizeWord(units: Uint16Array, start: number, end: number, out: WordBuffer): void
  /**
   * For a scanner that reports words by their places in what it made of the text: turns places that count from
   * `base` into those of the raw text, in place.
   */
  restore?(starts: Int32Array, ends: Int32Array, base: number): void
}
