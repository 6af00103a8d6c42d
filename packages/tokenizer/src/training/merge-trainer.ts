import { PairHeap } from './pair-heap.ts'

/**
 * How the next pair to merge is chosen.
 * `frequency`: count(ab), what Hugging Face's WordPieceTrainer does, which is byte-pair encoding.
 * `likelihood`: count(ab) / (count(a) x count(b)), the gain in likelihood of a unigram model of the pieces
 * (Schuster and Nakajima 2012, "Japanese and Korean voice search", as BERT's authors describe WordPiece).
 */
export type MergeCriterion = 'frequency' | 'likelihood'

/** Pair keys are left * this + right: exact in a double up to 64 M symbols. */
const KEY_BASE = 2 ** 26

/**
 * Joins the best pair of neighboring symbols over and over. Words are counted once; each merge visits only
 * the words that hold the pair. Equal scores are decided by count, then by the lower symbol numbers, so the
 * outcome depends on the word counts alone and not on the order of the words.
 */
export class MergeTrainer {
  readonly #criterion: MergeCriterion
  readonly #minFrequency: number
  readonly #words: Int32Array[]
  readonly #wordCounts: number[]
  readonly #symbolCounts: number[] = []
  /** Pairs that hold a symbol, for the criterion that looks at the counts of single symbols. */
  readonly #symbolPairs: number[][] = []
  readonly #pairs: Map<number, number> = new Map()
  readonly #left: number[] = []
  readonly #right: number[] = []
  readonly #counts: number[] = []
  /** Score and count of each pair when it last took its place in the heap. */
  readonly #scores: number[] = []
  readonly #ranks: number[] = []
  readonly #pairWords: number[][] = []
  readonly #heap: PairHeap
  readonly #touched: Set<number> = new Set()

  /** @param words symbol numbers of each distinct word, changed in place; @param counts how often each occurs. */
  constructor(words: Int32Array[], counts: number[], criterion: MergeCriterion, minFrequency: number) {
    this.#words = words
    this.#wordCounts = counts
    this.#criterion = criterion
    this.#minFrequency = Math.max(1, minFrequency)
    this.#heap = new PairHeap((a, b) => this.#before(a, b))
    for (let word = 0; word < words.length; word++) this.#count(word, 1, -1)
    this.#settle()
  }

  /** The best pair that is frequent enough, or undefined when none is left. */
  best(): { left: number; right: number } | undefined {
    const pair = this.#heap.first
    return pair === undefined ? undefined : { left: this.#left[pair]!, right: this.#right[pair]! }
  }

  /** Joins `left` and `right` into the symbol `merged` wherever they stand side by side. */
  merge(left: number, right: number, merged: number): void {
    const pair = this.#pairs.get(left * KEY_BASE + right)!
    const words = this.#pairWords[pair]!
    this.#pairWords[pair] = []
    for (const word of words) {
      const symbols = this.#words[word]!
      const joined = join(symbols, left, right, merged)
      if (joined.length === symbols.length) continue
      this.#count(word, -1, -1)
      this.#words[word] = joined
      this.#count(word, 1, merged)
    }
    if (this.#criterion === 'likelihood') {
      for (const symbol of [left, right, merged]) this.#touchPairsOf(symbol)
    }
    this.#settle()
  }

  /**
   * Adds (sign 1) or takes away (-1) a word's symbols and pairs. A word is entered in a pair's list when the
   * pair is new to it: at first (`fresh` -1), or when the pair holds the symbol just made.
   */
  #count(word: number, sign: 1 | -1, fresh: number): void {
    const symbols = this.#words[word]!
    const count = sign * this.#wordCounts[word]!
    for (let i = 0; i < symbols.length; i++) {
      const symbol = symbols[i]!
      this.#symbolCounts[symbol] = (this.#symbolCounts[symbol] ?? 0) + count
      if (i === 0) continue
      const before = symbols[i - 1]!
      const pair = this.#pair(before, symbol)
      this.#counts[pair]! += count
      this.#touched.add(pair)
      if (sign === 1 && (fresh === -1 || before === fresh || symbol === fresh)) {
        const list = this.#pairWords[pair]!
        if (list[list.length - 1] !== word) list.push(word)
      }
    }
  }

  #pair(left: number, right: number): number {
    const key = left * KEY_BASE + right
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      pair = this.#left.length
      this.#pairs.set(key, pair)
      this.#left.push(left)
      this.#right.push(right)
      this.#counts.push(0)
      this.#scores.push(0)
      this.#ranks.push(0)
      this.#pairWords.push([])
      if (this.#criterion === 'likelihood') {
        for (const symbol of [left, right]) {
          this.#symbolPairs[symbol] ??= []
          this.#symbolPairs[symbol].push(pair)
        }
      }
    }
    return pair
  }

  #touchPairsOf(symbol: number): void {
    for (const pair of this.#symbolPairs[symbol] ?? []) {
      if (this.#counts[pair]! >= this.#minFrequency) this.#touched.add(pair)
    }
  }

  /** Brings the heap in line with the counts, one pair at a time: in between, its order must hold. */
  #settle(): void {
    for (const pair of this.#touched) {
      const count = this.#counts[pair]!
      if (count < this.#minFrequency) {
        this.#heap.remove(pair)
        continue
      }
      this.#ranks[pair] = count
      this.#scores[pair] =
        this.#criterion === 'frequency'
          ? count
          : count / (this.#symbolCounts[this.#left[pair]!]! * this.#symbolCounts[this.#right[pair]!]!)
      this.#heap.update(pair)
    }
    this.#touched.clear()
  }

  #before(a: number, b: number): boolean {
    const score = this.#scores[a]! - this.#scores[b]!
    if (score !== 0) return score > 0
    const count = this.#ranks[a]! - this.#ranks[b]!
    if (count !== 0) return count > 0
    const left = this.#left[a]! - this.#left[b]!
    return left !== 0 ? left < 0 : this.#right[a]! < this.#right[b]!
  }
}

function join(symbols: Int32Array, left: number, right: number, merged: number): Int32Array {
  const joined = new Int32Array(symbols.length)
  let length = 0
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      joined[length++] = merged
      i++
    } else {
      joined[length++] = symbols[i]!
    }
  }
  return length === symbols.length ? symbols : joined.slice(0, length)
}
