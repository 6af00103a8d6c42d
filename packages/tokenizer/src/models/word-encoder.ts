import { enlarged } from '../memory/enlarged.ts'
import { WordTable } from '../memory/word-table.ts'
import { type Scanner, WordBuffer, type WordSink } from '../scanners/scanner.ts'
import { PieceTable } from './piece-table.ts'

/** The numbers of a WordPiece model. */
export interface WordPieceOptions {
  /** Prefix of pieces that go on inside a word, `##` in BERT's vocabulary. */
  prefix: string
  /** Id that stands for a word the pieces cannot spell. */
  unknownId: number
  /** A word of more code points than this is unknown. */
  maxInputCharsPerWord: number
}

/** Words that a cache holds before it starts afresh. */
const CACHE_WORDS = 1 << 16
/** A longer word is split anew each time, so that the cache's memory is bounded. */
const CACHE_LENGTH = 64

/**
 * Greedy longest-match-first WordPiece over the words of a scanner, into growing arrays. What a word became
 * is kept, so that the words of a language are each split once.
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

  #base = 0
  readonly #scanner: Scanner
  readonly #options: WordPieceOptions
  readonly #first: PieceTable = new PieceTable()
  readonly #continued: PieceTable = new PieceTable()
  readonly #table: WordTable = new WordTable(4096)
  /** Pieces of the cached words end to end; `#firsts[entry]` is where an entry's begin. */
  #firsts: Int32Array = new Int32Array(4097)
  #pieces: Int32Array = new Int32Array(8192)
  #pieceStarts: Int32Array = new Int32Array(8192)
  #pieceEnds: Int32Array = new Int32Array(8192)
  readonly #word: WordBuffer = new WordBuffer()

  constructor(scanner: Scanner, pieces: Iterable<readonly [string, number]>, options: WordPieceOptions) {
    this.#scanner = scanner
    this.#options = options
    for (const [piece, id] of pieces) {
      this.#first.add(piece, id)
      if (piece.startsWith(options.prefix)) this.#continued.add(piece.slice(options.prefix.length), id)
    }
  }

  /** Starts a new result. */
  reset(tracking: boolean): void {
    this.length = 0
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
    this.#scanner.scan(units, from, to, this)
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
    const pieces = this.#pieces
    for (let i = first; i < last; i++) ids[length++] = pieces[i]!
    this.length = length
  }

  /** Appends one piece that is not the model's, such as an added token found in the text. */
  push(id: number, start: number, end: number): void {
    if (this.length === this.ids.length) this.#grow(1)
    if (this.tracking) {
      this.#roomToTrack()
      this.starts[this.length] = start
      this.ends[this.length] = end
      this.words[this.length] = this.wordCount++
    }
    this.ids[this.length++] = id
  }

  #track(first: number, last: number, start: number): void {
    this.#roomToTrack()
    const from = start - this.#base
    let at = this.length
    for (let i = first; i < last; i++, at++) {
      this.starts[at] = from + this.#pieceStarts[i]!
      this.ends[at] = from + this.#pieceEnds[i]!
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
    const { length } = word
    const normal = word.units
    if (length === 0) return first
    this.#roomForPieces(first + length)
    if (word.codePoints > this.#options.maxInputCharsPerWord) return this.#unknown(first)
    let count = first
    for (let at = 0; at < length; ) {
      const pieces = at === 0 ? this.#first : this.#continued
      const best = pieces.longest(normal, at, length)
      if (best < 0) return this.#unknown(first)
      this.#pieces[count] = best
      this.#pieceStarts[count] = word.starts[at]!
      this.#pieceEnds[count] = word.ends[pieces.end - 1]!
      count++
      at = pieces.end
    }
    return count
  }

  /** One unknown piece in place of the whole word. */
  #unknown(first: number): number {
    this.#pieces[first] = this.#options.unknownId
    this.#pieceStarts[first] = this.#word.starts[0]!
    this.#pieceEnds[first] = this.#word.ends[this.#word.length - 1]!
    return first + 1
  }

  #roomForPieces(size: number): void {
    if (size <= this.#pieces.length) return
    const wanted = Math.max(size, this.#pieces.length * 2)
    this.#pieces = enlarged(this.#pieces, wanted)
    this.#pieceStarts = enlarged(this.#pieceStarts, wanted)
    this.#pieceEnds = enlarged(this.#pieceEnds, wanted)
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
