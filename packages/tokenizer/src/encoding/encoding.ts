import { TokenizerError } from '../errors/tokenizer-error.ts'
import type { Vocabulary } from '../models/vocabulary.ts'

/** Origin of a run of tokens: the first text, the second, the post-processing template, padding. */
export const FIRST = 0
export const SECOND = 1
export const TEMPLATE = 2
export const PADDING = 3

/**
 * Runs of tokens with one origin, as (origin, length, type id) for each, end to end: three numbers a run, not
 * several a token.
 */
export type Runs = readonly number[]

/** Positions of tokens, in parallel to the ids. */
export interface Positions {
  starts: Int32Array
  ends: Int32Array
  /** Word numbers, or {@link NO_WORD}. */
  words: Int32Array
}

/** Stands in {@link Positions.words} for a token that belongs to no word. */
export const NO_WORD = -1

/** How an encoding is filled up. */
export interface PadWith {
  id: number
  typeId: number
  direction: 'right' | 'left'
}

/** A place in one of the two texts of an encoding. */
export interface TextRange {
  /** 0 for the text, 1 for its pair. */
  sequence: 0 | 1
  start: number
  end: number
}

/** The tokens of a text, or of a pair of texts, with whatever a model needs to know about them. */
export class Encoding {
  /** Token ids, `[T]`. */
  readonly ids: Int32Array
  /** What truncation cut off, as encodings of their own with special tokens and padding; else empty. */
  readonly overflowing: readonly Encoding[]
  /** @internal */
  readonly runs: Runs
  /** @internal */
  readonly positions: Positions | undefined
  readonly #vocabulary: Vocabulary

  /** @internal Encodings are made by a tokenizer. */
  constructor(
    vocabulary: Vocabulary,
    ids: Int32Array,
    runs: Runs,
    positions?: Positions | undefined,
    overflowing: readonly Encoding[] = [],
  ) {
    this.#vocabulary = vocabulary
    this.ids = ids
    this.runs = runs
    this.positions = positions
    this.overflowing = overflowing
  }

  /** Number of tokens, T. */
  get length(): number {
    return this.ids.length
  }

  /** The tokens as the vocabulary writes them, `[T]`. */
  get tokens(): string[] {
    return Array.from(this.ids, id => this.#vocabulary.token(id)!)
  }

  /** 0 or 1 for each token, as the post-processing template says: which text of a pair it belongs to. */
  get typeIds(): Uint8Array {
    return this.#fill((_, typeId) => typeId)
  }

  /** 1 for each token that counts, 0 for padding. */
  get attentionMask(): Uint8Array {
    return this.#fill(origin => (origin === PADDING ? 0 : 1))
  }

  /** 1 for each token that the template or padding put in, 0 for those of the texts. */
  get specialTokensMask(): Uint8Array {
    return this.#fill(origin => (origin >= TEMPLATE ? 1 : 0))
  }

  /** 0 for each token of the text, 1 for those of its pair, null for those of template and padding. */
  get sequenceIds(): (0 | 1 | null)[] {
    return Array.from(
      this.#fill(origin => origin),
      origin => (origin === FIRST || origin === SECOND ? origin : null),
    )
  }

  /**
   * `[start, end)` of each token in the original text, in UTF-16 units or UTF-8 bytes as was asked;
   * `[0, 0]` for tokens of template and padding.
   *
   * @throws {TokenizerError} when the text was encoded without `offsets`.
   */
  get offsets(): [start: number, end: number][] {
    const { starts, ends } = this.#tracked('offsets')
    return Array.from(starts, (start, i) => [start, ends[i]!])
  }

  /**
   * Number of the word each token belongs to, counted from 0 in each text; null for tokens of template and
   * padding.
   *
   * @throws {TokenizerError} when the text was encoded without `offsets`.
   */
  get wordIds(): (number | null)[] {
    return Array.from(this.#tracked('wordIds').words, word => (word === NO_WORD ? null : word))
  }

  /**
   * Index of the token that the character at `position` of the text (or of its pair, `sequence` 1) is part of;
   * undefined for white space and other characters that no token covers.
   *
   * @throws {TokenizerError} when the text was encoded without `offsets`.
   */
  charToToken(position: number, sequence: 0 | 1 = 0): number | undefined {
    const { starts, ends } = this.#tracked('charToToken')
    const [from, to] = this.#rangeOf(sequence)
    for (let i = from; i < to; i++) {
      if (starts[i]! <= position && position < ends[i]!) return i
    }
    return undefined
  }

  /**
   * Where the token at `index` comes from; undefined for a token of template or padding.
   *
   * @throws {TokenizerError} when the text was encoded without `offsets`, or has no such token.
   */
  tokenToChars(index: number): TextRange | undefined {
    const { starts, ends } = this.#tracked('tokenToChars')
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new TokenizerError('invalid-option', {
        option: 'index',
        value: index,
        expected: `an index below the ${this.length} tokens`,
      })
    }
    for (const sequence of [FIRST, SECOND] as const) {
      const [from, to] = this.#rangeOf(sequence)
      if (from <= index && index < to) return { sequence, start: starts[index]!, end: ends[index]! }
    }
    return undefined
  }

  /** A copy filled up to `length` tokens, overflowing parts too; the encoding itself when it is that long. */
  pad(length: number, padding: PadWith): Encoding {
    const overflowing = this.overflowing.map(part => part.pad(length, padding))
    const missing = length - this.length
    if (missing <= 0)
      return overflowing.length === 0 ? this : this.#copy(this.ids, this.runs, this.positions, overflowing)
    const left = padding.direction === 'left'
    const widen = (array: Int32Array, value: number): Int32Array => {
      const wide = new Int32Array(length).fill(value)
      wide.set(array, left ? missing : 0)
      return wide
    }
    const run = [PADDING, missing, padding.typeId]
    const positions = this.positions && {
      starts: widen(this.positions.starts, 0),
      ends: widen(this.positions.ends, 0),
      words: widen(this.positions.words, NO_WORD),
    }
    return this.#copy(
      widen(this.ids, padding.id),
      left ? [...run, ...this.runs] : [...this.runs, ...run],
      positions,
      overflowing,
    )
  }

  #copy(
    ids: Int32Array,
    runs: Runs,
    positions: Positions | undefined,
    overflowing: readonly Encoding[],
  ): Encoding {
    return new Encoding(this.#vocabulary, ids, runs, positions, overflowing)
  }

  #tracked(what: string): Positions {
    if (this.positions !== undefined) return this.positions
    throw new TokenizerError('offsets-not-kept', { member: what })
  }

  /** Tokens `[from, to)` that come from one of the texts. */
  #rangeOf(sequence: 0 | 1): [from: number, to: number] {
    let at = 0
    for (let i = 0; i < this.runs.length; i += 3) {
      const length = this.runs[i + 1]!
      if (this.runs[i] === sequence) return [at, at + length]
      at += length
    }
    return [0, 0]
  }

  #fill(value: (origin: number, typeId: number) => number): Uint8Array {
    const filled = new Uint8Array(this.length)
    let at = 0
    for (let i = 0; i < this.runs.length; i += 3) {
      const end = at + this.runs[i + 1]!
      filled.fill(value(this.runs[i]!, this.runs[i + 2]!), at, end)
      at = end
    }
    return filled
  }
}
