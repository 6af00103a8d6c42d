import { WordTable } from '../memory/word-table.ts'
import { hashWord, type WordSink } from '../scanners/scanner.ts'

/** Longest word that is kept whole, in UTF-16 units; longer ones are counted in parts of at most this length. */
const LONGEST_WORD = 256

/**
 * Counts the distinct words of a text of any length in bounded memory: when `limit` distinct words are
 * known, the rarest are forgotten until at most half of them are left. When that happens depends on the
 * text alone, not on how it was cut into pieces.
 */
export class WordCounter implements WordSink {
  readonly #limit: number
  #table: WordTable = new WordTable()
  #counts: Float64Array = new Float64Array(1024)

  constructor(limit: number) {
    this.#limit = limit
  }

  word(units: Uint16Array, start: number, end: number, hash: number): void {
    if (end - start <= LONGEST_WORD) this.#count(units, start, end, hash)
    else
      for (let from = start; from < end; ) {
        const to = partEnd(units, from, end)
        this.#count(units, from, to, hashWord(units, from, to))
        from = to
      }
  }

  #count(units: Uint16Array, start: number, end: number, hash: number): void {
    let entry = this.#table.find(units, start, end, hash)
    if (entry < 0) {
      if (this.#table.size >= this.#limit) this.#prune()
      entry = this.#table.add(units, start, end, hash)
      if (entry === this.#counts.length) {
        const counts = new Float64Array(entry * 2)
        counts.set(this.#counts)
        this.#counts = counts
      }
      this.#counts[entry] = 0
    }
    this.#counts[entry]!++
  }

  /** Number of distinct words known. */
  get size(): number {
    return this.#table.size
  }

  /** The words and how often each was seen, in order of first sight. */
  *entries(): IterableIterator<[word: Uint16Array, count: number]> {
    for (let entry = 0; entry < this.#table.size; entry++)
      yield [this.#table.key(entry), this.#counts[entry]!]
  }

  #prune(): void {
    const size = this.#table.size
    const sorted = this.#counts.slice(0, size).sort()
    const threshold = sorted[size >> 1]!
    const table = new WordTable()
    let kept = 0
    for (let entry = 0; entry < size; entry++) {
      // In place: the kept words move down, never up.
      if (this.#counts[entry]! <= threshold) continue
      const word = this.#table.key(entry)
      table.add(word, 0, word.length, hashWord(word, 0, word.length))
      this.#counts[kept++] = this.#counts[entry]!
    }
    this.#table = table
  }
}

/** Where a part of a long word ends: not between the two units of a character. */
function partEnd(units: Uint16Array, from: number, end: number): number {
  const to = Math.min(from + LONGEST_WORD, end)
  const isInside = to < end && (units[to - 1]! & 0xfc00) === 0xd800 && (units[to]! & 0xfc00) === 0xdc00
  return isInside ? to - 1 : to
}
