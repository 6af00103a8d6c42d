import { TokenizerError } from './errors.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A run of tokens of an {@link Encoding} that have one origin. */
export interface Segment {
  /** Where the tokens come from: the first text, the second, or the post-processing template. */
  source: 'first' | 'second' | 'template' | 'padding'
  length: number
  typeId: number
}

/** Positions of tokens, in parallel to the ids. */
export interface Positions {
  starts: Int32Array
  ends: Int32Array
  words: Int32Array
}

/** What {@link Encoding.wordIds} and {@link Positions.words} hold for a token that belongs to no word. */
export const NO_WORD = -1

/** The tokens of a text, or of a pair of texts, with whatever a model needs to know about them. */
export class Encoding {
  /** Token ids, `[T]`. */
  readonly ids: Int32Array
  readonly #vocabulary: Vocabulary
  readonly #segments: readonly Segment[]
  readonly #positions: Positions | undefined

  constructor(ids: Int32Array, vocabulary: Vocabulary, segments: readonly Segment[], positions?: Positions) {
    this.ids = ids
    this.#vocabulary = vocabulary
    this.#segments = segments
    this.#positions = positions
  }

  /** Number of tokens. */
  get length(): number {
    return this.ids.length
  }

  /** The tokens as the vocabulary writes them. */
  get tokens(): string[] {
    return Array.from(this.ids, id => this.#vocabulary.token(id)!)
  }

  /** 0 or 1 for each token, by the post-processing template: which text of a pair it belongs to. */
  get typeIds(): Uint8Array {
    return this.#fill(segment => segment.typeId)
  }

  /** 1 for each token that counts, 0 for padding. */
  get attentionMask(): Uint8Array {
    return this.#fill(segment => (segment.source === 'padding' ? 0 : 1))
  }

  /** 1 for each token that the template or padding put in, 0 for those of the text. */
  get specialTokensMask(): Uint8Array {
    return this.#fill(segment => (segment.source === 'template' || segment.source === 'padding' ? 1 : 0))
  }

  /**
   * `[start, end)` of each token in the original text, in UTF-16 units; `[0, 0]` for tokens from the template.
   *
   * @throws {TokenizerError} when the text was encoded without `offsets: true`.
   */
  get offsets(): [start: number, end: number][] {
    const { starts, ends } = this.#tracked('offsets')
    return Array.from(starts, (start, i) => [start, ends[i]!])
  }

  /**
   * Number of the word each token belongs to, counted from 0 in each text, and null for tokens from the
   * template.
   *
   * @throws {TokenizerError} when the text was encoded without `offsets: true`.
   */
  get wordIds(): (number | null)[] {
    return Array.from(this.#tracked('wordIds').words, word => (word === NO_WORD ? null : word))
  }

  #tracked(what: string): Positions {
    if (this.#positions !== undefined) return this.#positions
    throw new TokenizerError(`Encoding.${what}: positions were not kept; encode with { offsets: true }`)
  }

  #fill(value: (segment: Segment) => number): Uint8Array {
    const filled = new Uint8Array(this.ids.length)
    let at = 0
    for (const segment of this.#segments) {
      filled.fill(value(segment), at, at + segment.length)
      at += segment.length
    }
    return filled
  }
}
