import { AddedTokenMatcher } from './added-tokens.ts'
import { assemble, overflowingParts } from './assemble.ts'
import { createScanner } from './create-scanner.ts'
import { createDecodeStream, type DecodeStream } from './decode-stream.ts'
import { createDecoder, type Decoder } from './decoder.ts'
import type { Encoding } from './encoding.ts'
import { TokenizerError } from './errors.ts'
import { type PaddingOptions, padAll, paddingFromJson } from './padding.ts'
import { parseTokenizerJson } from './parse-tokenizer-json.ts'
import { createTemplate, specialTokenCount, type Template, withoutSpecialTokens } from './template.ts'
import { defaultTokenizerJson, END_OF_TEXT, type VocabOptions } from './tokenizer-defaults.ts'
import type { AddedTokenJson, TokenizerJson } from './tokenizer-json.ts'
import {
  roomBeside,
  type TokenRange,
  type TruncationOptions,
  truncate,
  truncationFromJson,
} from './truncation.ts'
import { UnitBuffer } from './units.ts'
import { toUtf8Offsets } from './utf8-offsets.ts'
import { formatVocabText, parseVocabText, vocabularyMap } from './vocab-text.ts'
import { quote, Vocabulary } from './vocabulary.ts'
import { WordEncoder } from './word-encoder.ts'

/** Options of {@link WordPieceTokenizer.encode}. */
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

/** Options of {@link WordPieceTokenizer.decode}. */
export interface DecodeOptions {
  /** Leave special tokens such as `[CLS]` and `<|endoftext|>` out of the text. Default true. */
  skipSpecialTokens?: boolean
}

/** A WordPiece tokenizer: text to ids and back. Immutable, but for a cache of words inside. */
export class WordPieceTokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number
  /** Id that ends a story: `<|endoftext|>` in own vocabularies, `[SEP]` in BERT's. */
  readonly endOfTextId: number | undefined

  readonly #json: TokenizerJson
  readonly #vocabulary: Vocabulary
  readonly #added: AddedTokenMatcher
  readonly #special: ReadonlySet<number>
  readonly #units: UnitBuffer = new UnitBuffer()
  readonly #encoder: WordEncoder
  readonly #decoder: Decoder
  readonly #template: Template
  readonly #truncation: TruncationOptions | false
  readonly #padding: PaddingOptions | false

  private constructor(json: TokenizerJson) {
    this.#json = json
    const { model, added_tokens: added } = json
    const unknownId = model.vocab[model.unk_token]
    if (unknownId === undefined) {
      throw new TokenizerError(
        `the vocabulary lacks the unknown token ${quote(model.unk_token)}; add it, or name the right one as unk_token`,
      )
    }
    const pieces = Object.entries(model.vocab)
    this.#vocabulary = new Vocabulary(pieces)
    for (const token of added) this.#vocabulary.add(token.content, token.id)
    const scanner = createScanner(json)
    this.#added = new AddedTokenMatcher(added, scanner)
    this.#special = new Set(added.filter(token => token.special).map(token => token.id))
    this.#decoder = createDecoder(json.decoder, model.continuing_subword_prefix)
    this.#template = createTemplate(json.post_processor)
    this.#encoder = new WordEncoder(scanner, pieces, {
      prefix: model.continuing_subword_prefix,
      unknownId,
      maxInputCharsPerWord: model.max_input_chars_per_word,
    })
    this.#truncation = json.truncation === null ? false : truncationFromJson(json.truncation)
    this.#padding = json.padding === null ? false : paddingFromJson(json.padding)
    this.vocabSize = this.#vocabulary.size
    this.endOfTextId = this.tokenToId(END_OF_TEXT) ?? this.tokenToId('[SEP]')
  }

  /**
   * Opens a `tokenizer.json`, or a `vocab.txt` (one piece a line; `options` say how to read it). Node only.
   *
   * @throws {TokenizerError} when the file cannot be read or is not a WordPiece tokenizer.
   */
  static async fromFile(path: string, options?: VocabOptions): Promise<WordPieceTokenizer> {
    const { readTextFile } = await import('./node-files.ts')
    const text = await readTextFile(path)
    if (path.endsWith('.txt')) return WordPieceTokenizer.fromVocab(parseVocabText(text, path), options)
    return new WordPieceTokenizer(parseTokenizerJson(text, path))
  }

  /** Makes a tokenizer of a list of pieces, whose ids are their places, or a map of pieces to ids. */
  static fromVocab(
    vocab: readonly string[] | ReadonlyMap<string, number>,
    options: VocabOptions = {},
  ): WordPieceTokenizer {
    const map = 'get' in vocab ? vocab : vocabularyMap(vocab, 'vocabulary')
    return new WordPieceTokenizer(defaultTokenizerJson(map, options))
  }

  /**
   * Makes a tokenizer of the content of a `tokenizer.json`, as text or parsed.
   *
   * @throws {TokenizerError} naming the part that is malformed or not supported.
   */
  static fromJSON(json: unknown): WordPieceTokenizer {
    return new WordPieceTokenizer(parseTokenizerJson(json))
  }

  /**
   * Encodes a text, or a pair of texts.
   *
   * @throws {TokenizerError} when the truncation or padding asked for is not possible.
   */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    const encoding = this.#encodeUnpadded(text, options)
    const padding = this.#paddingOf(options)
    return padding === undefined ? encoding : padAll([encoding], this.#paddingId(padding), padding)[0]!
  }

  /** Encodes many texts, each as {@link encode} would; padding brings them to one length. */
  async encodeBatch(texts: Iterable<string>, options: Omit<EncodeOptions, 'pair'> = {}): Promise<Encoding[]> {
    const encodings = Array.from(texts, text => this.#encodeUnpadded(text, options))
    const padding = this.#paddingOf(options)
    return padding === undefined ? encodings : padAll(encodings, this.#paddingId(padding), padding)
  }

  /**
   * Turns ids back into text.
   *
   * @throws {TokenizerError} on an id that the vocabulary does not have.
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    let text = ''
    let first = true
    for (const id of ids) {
      const token = this.#decodable(id, options)
      if (token === undefined) continue
      text += this.#decoder.piece(token, first)
      first = false
    }
    return this.#decoder.cleanUp(text)
  }

  /** Decodes token by token, for text that is shown while it is written. */
  decodeStream(options: DecodeOptions = {}): DecodeStream {
    return createDecodeStream(this.#decoder, id => this.#decodable(id, options))
  }

  /** Id of a token, or undefined when the vocabulary lacks it. */
  tokenToId(token: string): number | undefined {
    return this.#vocabulary.id(token)
  }

  /** Token of an id, or undefined when the vocabulary lacks it. */
  idToToken(id: number): string | undefined {
    return this.#vocabulary.token(id)
  }

  /** The added and special tokens. */
  get addedTokens(): readonly AddedTokenJson[] {
    return this.#json.added_tokens
  }

  /** The content of `tokenizer.json`, which the Rust and Python `tokenizers` read as well. */
  toJSON(): TokenizerJson {
    return structuredClone(this.#json)
  }

  /**
   * Writes a `tokenizer.json`, or a `vocab.txt` when the path ends so; what was there before is replaced only
   * once the new file is complete. Node only.
   */
  async save(path: string): Promise<void> {
    const { writeTextFile } = await import('./node-files.ts')
    const text = path.endsWith('.txt')
      ? formatVocabText(this.#vocabulary)
      : `${JSON.stringify(this.#json, null, 2)}\n`
    await writeTextFile(path, text)
  }

  #encodeUnpadded(text: string, options: EncodeOptions): Encoding {
    const { addSpecialTokens = true, pair, offsets = false } = options
    const encoder = this.#encoder
    encoder.reset(offsets !== false)
    const begins = [0]
    const lengths = [this.#encodeText(text, offsets)]
    if (pair !== undefined) {
      begins.push(encoder.length)
      lengths.push(this.#encodeText(pair, offsets))
    }
    const template = pair === undefined ? this.#template.single : this.#template.pair
    const steps = addSpecialTokens ? template : withoutSpecialTokens(template)
    const { starts, ends, words } = encoder
    const texts = { ids: encoder.ids, begins, ...(offsets === false ? undefined : { starts, ends, words }) }
    const make = (ranges: readonly TokenRange[], overflowing?: Encoding[]): Encoding =>
      assemble(this.#vocabulary, texts, steps, ranges, overflowing)

    const truncation = options.truncation ?? this.#truncation
    if (!truncation) return make(lengths.map(length => [0, length]))
    const room = roomBeside(specialTokenCount(steps), truncation)
    const parts = truncate(lengths, room, truncation)
    const overflowing = overflowingParts(parts).map(ranges => make(ranges))
    return make(
      parts.map(([kept]) => kept!),
      overflowing,
    )
  }

  /** Appends the tokens of a text to the encoder's; returns how many they are. */
  #encodeText(text: string, offsets: EncodeOptions['offsets']): number {
    const encoder = this.#encoder
    const begin = encoder.length
    encoder.wordCount = 0
    const units = this.#units.fill(text)
    let from = 0
    this.#added.search(text, ({ token, start, end, before, after }) => {
      encoder.scan(units, from, before)
      encoder.push(token.id, start, end)
      from = after
    })
    encoder.scan(units, from, text.length)
    if (offsets === 'bytes') {
      toUtf8Offsets(text, encoder.starts.subarray(begin, encoder.length))
      toUtf8Offsets(text, encoder.ends.subarray(begin, encoder.length))
    }
    return encoder.length - begin
  }

  #paddingOf({ padding = this.#padding }: EncodeOptions): PaddingOptions | undefined {
    return padding === false ? undefined : padding
  }

  #paddingId({ token }: PaddingOptions): number {
    const id = token === undefined ? (this.tokenToId('[PAD]') ?? this.endOfTextId) : this.tokenToId(token)
    if (id !== undefined) return id
    throw new TokenizerError(
      `padding: the vocabulary lacks ${quote(token ?? '[PAD]')}; name a token that it has as padding.token`,
    )
  }

  #decodable(id: number, { skipSpecialTokens = true }: DecodeOptions): string | undefined {
    const token = this.#vocabulary.token(id)
    if (token === undefined) {
      throw new TokenizerError(
        `decode: there is no token with the id ${id}; ids go from 0 to ${this.vocabSize - 1}`,
      )
    }
    return skipSpecialTokens && this.#special.has(id) ? undefined : token
  }
}
