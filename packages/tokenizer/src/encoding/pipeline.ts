import { type Allocate, allocateAlone } from '../memory/arena.ts'
import type { WordModel } from '../models/piece-list.ts'
import { Vocabulary } from '../models/vocabulary.ts'
import { WordEncoder } from '../models/word-encoder.ts'
import type { Scanner } from '../scanners/scanner.ts'
import { type AddedTokenJson, TokenMatcher } from '../scanners/token-matcher.ts'
import { UnitBuffer, unitsToString } from '../text/units.ts'
import { toUtf8Offsets } from '../text/utf8-offsets.ts'
import { assemble, overflowingParts } from './assemble.ts'
import type { Encoding } from './encoding.ts'
import type { PaddingOptions } from './padding.ts'
import { specialTokenCount, type Template, withoutSpecialTokens } from './template.ts'
import { roomBeside, type TokenRange, type TruncationOptions, truncate } from './truncation.ts'

/** Options of `encode`. */
export interface EncodeOptions {
  /** Put the tokens of the post-processing template around the text. Default true. */
  addSpecialTokens?: boolean
  /** A second text, encoded after the first as the template says. */
  pair?: string
  /** How to cut what is too long; false for not at all. Default: what tokenizer.json says, else not at all. */
  truncation?: TruncationOptions | false
  /** How to fill up what is too short; false for not at all. Default: what tokenizer.json says, else not at all. */
  padding?: PaddingOptions | false
  /** Keep offsets (in UTF-16 units, or UTF-8 bytes) and word ids; costs some speed. Default false. */
  offsets?: boolean | 'utf16' | 'bytes'
}

/** What {@link Pipeline} needs of the options; padding is left to the caller, who sees the whole batch. */
export type PipelineOptions = Omit<EncodeOptions, 'padding'>

/** What a {@link Pipeline} is made from. */
export interface PipelineParts {
  /** The model's pieces and ids; the added tokens are added to them. */
  vocab: Record<string, number>
  addedTokens: readonly AddedTokenJson[]
  /** Whether the scanner finds the added tokens with `normalized` itself, in the normalized text. */
  scannerFindsNormalized: boolean
  scanner: Scanner
  model: WordModel
  template: Template
  truncation: TruncationOptions | false
}

/** From text to an encoding that is not yet padded. */
export class Pipeline {
  readonly vocabulary: Vocabulary
  readonly #raw: TokenMatcher
  readonly #normalized: TokenMatcher
  readonly #units: UnitBuffer = new UnitBuffer()
  readonly #encoder: WordEncoder
  readonly #template: Template
  readonly #bare: Template
  readonly #truncation: TruncationOptions | false

  /** @throws {TokenizerError} `invalid-vocabulary` */
  constructor({ vocab, addedTokens, scanner, model, template, ...parts }: PipelineParts) {
    this.vocabulary = new Vocabulary(Object.entries(vocab))
    for (const token of addedTokens) this.vocabulary.add(token.content, token.id)
    this.#raw = new TokenMatcher(addedTokens.filter(token => !token.normalized))
    this.#normalized = new TokenMatcher(
      parts.scannerFindsNormalized ? [] : addedTokens.filter(token => token.normalized),
    )
    this.#encoder = new WordEncoder(scanner, model)
    this.#template = template
    this.#bare = withoutSpecialTokens(template)
    this.#truncation = parts.truncation
  }

  /** Encodes a text, or a pair of texts. */
  encode(text: string, options: PipelineOptions, allocate: Allocate = allocateAlone): Encoding {
    const { pair, offsets = false } = options
    this.#encoder.reset(offsets !== false)
    const first = this.#text(text, offsets)
    return this.#finish(pair === undefined ? [first] : [first, this.#text(pair, offsets)], options, allocate)
  }

  /**
   * Encodes the text that lies in `units[from, to)`, which worker threads are given in place of strings.
   */
  encodeUnits(
    units: Uint16Array,
    from: number,
    to: number,
    options: PipelineOptions,
    allocate: Allocate,
  ): Encoding {
    const { offsets = false } = options
    const text = units.subarray(from, to)
    // What needs a string is rare: added tokens in the text, offsets in bytes.
    if (offsets === 'bytes' || this.#raw.mayOccurIn(text) || this.#normalized.mayOccurIn(text)) {
      return this.encode(unitsToString(units, from, to), options, allocate)
    }
    this.#encoder.reset(offsets !== false)
    this.#encoder.begin(from)
    this.#encoder.scan(units, from, to)
    return this.#finish([this.#encoder.length], options, allocate)
  }

  /** Appends the tokens of a text to the encoder's; returns how many they are. */
  #text(text: string, offsets: EncodeOptions['offsets']): number {
    const encoder = this.#encoder
    const first = encoder.length
    encoder.begin(0)
    const units = this.#units.fill(text)
    const between = (from: number, to: number): void => {
      if (this.#normalized.empty) {
        encoder.scan(units, from, to)
        return
      }
      let at = from
      this.#normalized.search(text.slice(from, to), ({ id }, start, end) => {
        encoder.scan(units, at, from + start)
        encoder.push(id, from + start, from + end, text.slice(from + start, from + end))
        at = from + end
      })
      encoder.scan(units, at, to)
    }
    let from = 0
    this.#raw.search(text, ({ id }, start, end) => {
      between(from, start)
      encoder.push(id, start, end, text.slice(start, end))
      from = end
    })
    between(from, text.length)
    if (offsets === 'bytes') {
      toUtf8Offsets(text, encoder.starts.subarray(first, encoder.length))
      toUtf8Offsets(text, encoder.ends.subarray(first, encoder.length))
    }
    return encoder.length - first
  }

  /** Truncation and template over the texts of the encoder, which have so many tokens each. */
  #finish(lengths: readonly number[], options: PipelineOptions, allocate: Allocate): Encoding {
    const { addSpecialTokens = true, offsets = false, truncation = this.#truncation } = options
    const template = addSpecialTokens ? this.#template : this.#bare
    const steps = lengths.length === 1 ? template.single : template.pair
    const { ids, starts, ends, words, added } = this.#encoder
    const texts = {
      ids,
      begins: [0, lengths[0]!],
      positions: offsets === false ? undefined : { starts, ends, words },
      added,
    }
    const make = (
      ranges: readonly TokenRange[],
      kept: readonly TokenRange[],
      overflowing?: Encoding[],
    ): Encoding => assemble(this.vocabulary, texts, steps, template, kept, ranges, allocate, overflowing)

    if (truncation === false) {
      const whole = lengths.map((length): TokenRange => [0, length])
      return make(whole, whole)
    }
    const parts = truncate(lengths, roomBeside(specialTokenCount(steps), truncation), truncation)
    const kept = parts.map(([part]) => part!)
    return make(
      kept,
      kept,
      overflowingParts(parts, steps).map(ranges => make(ranges, kept)),
    )
  }
}
