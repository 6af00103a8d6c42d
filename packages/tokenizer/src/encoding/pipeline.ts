import { TokenizerError } from '../errors/errors.ts'
import type { WordPieceTokenizerJson } from '../files/tokenizer-json.ts'
import { type Allocate, allocateAlone } from '../memory/arena.ts'
import { quote, Vocabulary } from '../models/vocabulary.ts'
import { WordEncoder } from '../models/word-encoder.ts'
import type { Scanner } from '../scanners/scanner.ts'
import { UnitBuffer } from '../text/units.ts'
import { toUtf8Offsets } from '../text/utf8-offsets.ts'
import { AddedTokenMatcher } from './added-tokens.ts'
import { assemble, overflowingParts } from './assemble.ts'
import type { Encoding } from './encoding.ts'
import type { PaddingOptions } from './padding.ts'
import { createTemplate, specialTokenCount, type Template, withoutSpecialTokens } from './template.ts'
import {
  roomBeside,
  type TokenRange,
  type TruncationOptions,
  truncate,
  truncationFromJson,
} from './truncation.ts'

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

/** From text to an encoding that is not yet padded, by the components of a tokenizer.json. */
export class Pipeline {
  readonly vocabulary: Vocabulary
  /** @internal */
  readonly added: AddedTokenMatcher
  readonly #units: UnitBuffer = new UnitBuffer()
  /** @internal */
  readonly encoder: WordEncoder
  readonly #template: Template
  readonly #bare: Template
  readonly #truncation: TruncationOptions | false

  /**
   * @param scanner for the normaliser and pre-tokeniser of `json`.
   * @throws {TokenizerError} naming the component that is malformed or not supported.
   */
  constructor(json: WordPieceTokenizerJson, scanner: Scanner) {
    const { model, added_tokens: added } = json
    const unknownId = Object.hasOwn(model.vocab, model.unk_token) ? model.vocab[model.unk_token] : undefined
    if (unknownId === undefined) {
      throw new TokenizerError(
        `the vocabulary lacks the unknown token ${quote(model.unk_token)}; add it, or name the right one as unk_token`,
      )
    }
    const pieces = Object.entries(model.vocab)
    this.vocabulary = new Vocabulary(pieces)
    for (const token of added) this.vocabulary.add(token.content, token.id)
    this.added = new AddedTokenMatcher(added, scanner)
    this.encoder = new WordEncoder(scanner, pieces, {
      prefix: model.continuing_subword_prefix,
      unknownId,
      maxInputCharsPerWord: model.max_input_chars_per_word,
    })
    this.#template = createTemplate(json.post_processor)
    this.#bare = withoutSpecialTokens(this.#template)
    this.#truncation = json.truncation === null ? false : truncationFromJson(json.truncation)
  }

  /** Encodes a text, or a pair of texts. */
  encode(text: string, options: PipelineOptions, allocate: Allocate = allocateAlone): Encoding {
    const { pair, offsets = false } = options
    this.encoder.reset(offsets !== false)
    const first = this.#text(text, offsets)
    return this.finish(pair === undefined ? [first] : [first, this.#text(pair, offsets)], options, allocate)
  }

  /** Appends the tokens of a text to the encoder's; returns how many they are. */
  #text(text: string, offsets: EncodeOptions['offsets']): number {
    const encoder = this.encoder
    const first = encoder.length
    encoder.begin(0)
    const units = this.#units.fill(text)
    let from = 0
    this.added.search(text, ({ token, start, end, before, after }) => {
      encoder.scan(units, from, before)
      encoder.push(token.id, start, end)
      from = after
    })
    encoder.scan(units, from, text.length)
    if (offsets === 'bytes') {
      toUtf8Offsets(text, encoder.starts.subarray(first, encoder.length))
      toUtf8Offsets(text, encoder.ends.subarray(first, encoder.length))
    }
    return encoder.length - first
  }

  /** @internal Truncation and template over the texts of the encoder, which have so many tokens each. */
  finish(lengths: readonly number[], options: PipelineOptions, allocate: Allocate): Encoding {
    const { addSpecialTokens = true, offsets = false, truncation = this.#truncation } = options
    const template = addSpecialTokens ? this.#template : this.#bare
    const steps = lengths.length === 1 ? template.single : template.pair
    const { ids, starts, ends, words } = this.encoder
    const texts = {
      ids,
      begins: [0, lengths[0]!],
      positions: offsets === false ? undefined : { starts, ends, words },
    }
    const make = (ranges: readonly TokenRange[], overflowing?: Encoding[]): Encoding =>
      assemble(this.vocabulary, texts, steps, ranges, allocate, overflowing)

    if (truncation === false) return make(lengths.map(length => [0, length]))
    const parts = truncate(lengths, roomBeside(specialTokenCount(steps), truncation), truncation)
    const kept = parts.map(([part]) => part!)
    return make(
      kept,
      overflowingParts(parts).map(ranges => make(ranges)),
    )
  }
}
