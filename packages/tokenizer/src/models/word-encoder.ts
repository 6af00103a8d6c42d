import { enlarged } from '../memory/enlarged.ts'
import { WordTable } from '../memory/word-table.ts'
import { type Scanner, WordBuffer, type WordSink } from '../scanners/scanner.ts'
import { PieceList, type WordModel } from './piece-list.ts'

/** Words that a cache holds before it starts over. */
const CACHE_WORDS = 1 << 16
/** A longer word is split each time, so that the cache's memory is bounded. */
const CACHE_LENGTH = 64

/**
 * The pieces of the words that a scanner finds, in growing arrays. What a word became is cached, so that the words of
 * a language are each split once.
 */
export class WordEncoder implements WordSink {
  /** Ids of the pieces so far; the first `length` count. */
  ids: Int32Array = new Int32Array(1024)
  /** Where each piece begins and ends in the text, and the number of its word; kept when `tracking`. */
  starts: Int32Array = new Int32Array(0)
  ends: Int32Array = new Int32Array(0)
  words: Int32Array = new Int32Array(0)
  length = 0
  /** Number of the next word. */
  wordCount = 0
  /** Whether positions are recorded. */
  tracking = false
  /** What added tokens took from the text, by their places; kept when `tracking`. */
  readonly added: Map<number, string> = new Map()

  #base = 0
  readonly #scanner: Scanner
  readonly #model: WordModel
  readonly #table: WordTable = new WordTable(4096)
  /** Pieces of the cached words end to end; `#firsts[entry]` is where an entry's begin. */
  readonly #pieces: PieceList = new PieceList()
  #firsts: Int32Array = new Int32Array(4097)
  readonly #word: WordBuffer = new WordBuffer()

  constructor(scanner: Scanner, model: WordModel) {
    this.#scanner = scanner
    this.#model = model
  }

  /** Number of words in the cache, at most 65,536. */
  get cachedWords(): number {
    return this.#table.size
  }

  /** Starts a new result. */
  reset(tracking: boolean): void {
    this.length = 0
    this.added.clear()
    this.begin(0)
    this.tracking = tracking
  }

  /** Starts a text of the result, which lies in the units from `base` on. */
  begin(base: number): void {
    this.#base = base
    this.wordCount = 0
  }

  /** Appends the pieces of `units[from, to)`. */
  scan(units: Uint16Array, from: number, to: number): void {
    const first = this.length
    this.#scanner.scan(units, from, to, this, this.#base)
    if (!this.tracking) return
    const { starts, ends, length } = this
    this.#scanner.restore?.(starts.subarray(first, length), ends.subarray(first, length), this.#base)
  }

  word(units: Uint16Array, start: number, end: number, hash: number): void {
    let first: number
    let last: number
    if (end - start > CACHE_LENGTH) {
      first = this.#firsts[this.#table.size]!
      last = this.#split(units, start, end, first)
    } else {
      let entry = this.#table.find(units, start, end, hash)
      if (entry < 0) entry = this.#learn(units, start, end, hash)
      first = this.#firsts[entry]!
      last = this.#firsts[entry + 1]!
    }
    let length = this.length
    if (length + last - first > this.ids.length) this.#grow(last - first)
    if (this.tracking) this.#track(first, last, start)
    const ids = this.ids
    const pieces = this.#pieces.ids
    for (let i = first; i < last; i++) ids[length++] = pieces[i]!
    this.length = length
  }

  /** Appends one piece that is not the model's, such as an added token found in the text. */
  push(id: number, start: number, end: number, text: string): void {
    if (this.length === this.ids.length) this.#grow(1)
    if (this.tracking) {
      this.added.set(this.length, text)
      this.#roomToTrack()
      this.starts[this.length] = start
      this.ends[this.length] = end
      this.words[this.length] = this.wordCount++
    }
    this.ids[this.length++] = id
  }

  /** An added token that was found in the normalized text. */
  token(id: number, start: number, end: number, text: string): void {
    this.push(id, start - this.#base, end - this.#base, text)
  }

  #track(first: number, last: number, start: number): void {
    this.#roomToTrack()
    const from = start - this.#base
    const { starts, ends } = this.#pieces
    let at = this.length
    for (let i = first; i < last; i++, at++) {
      this.starts[at] = from + starts[i]!
      this.ends[at] = from + ends[i]!
      this.words[at] = this.wordCount
    }
    // A raw word of nothing but dropped characters has no pieces and no number.
    if (last > first) this.wordCount++
  }

  #learn(units: Uint16Array, start: number, end: number, hash: number): number {
    if (this.#table.size === CACHE_WORDS) this.#table.clear()
    const entry = this.#table.add(units, start, end, hash)
    if (entry + 1 === this.#firsts.length) this.#firsts = enlarged(this.#firsts, this.#firsts.length * 2)
    this.#firsts[entry + 1] = this.#split(units, start, end, this.#firsts[entry]!)
    return entry
  }

  /** Splits a word into `#pieces` from `first` on; returns where they end. */
  #split(units: Uint16Array, start: number, end: number, first: number): number {
    const word = this.#word
    this.#scanner.normalizeWord(units, start, end, word)
    this.#pieces.length = first
    if (word.length > 0) this.#model.split(word, this.#pieces)
    return this.#pieces.length
  }

  #grow(more: number): void {
    this.ids = enlarged(this.ids, Math.max(this.ids.length * 2, this.length + more))
  }

  #roomToTrack(): void {
    const size = this.ids.length
    if (this.starts.length >= size) return
    this.starts = enlarged(this.starts, size)
    this.ends = enlarged(this.ends, size)
    this.words = enlarged(this.words, size)
  }
}
