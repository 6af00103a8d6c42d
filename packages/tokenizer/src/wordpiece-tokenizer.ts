import type { BatchPool } from './batch/batch-pool.ts'
import { createDecodeStream, type DecodeStream } from './decoders/decode-stream.ts'
import { createDecoder, type Decoder } from './decoders/decoder.ts'
import type { Encoding } from './encoding/encoding.ts'
import { type PaddingOptions, padAll, paddingFromJson } from './encoding/padding.ts'
import { type EncodeOptions, Pipeline } from './encoding/pipeline.ts'
import { wholeNumber } from './errors/checks.ts'
import { TokenizerError } from './errors/errors.ts'
import type { PretrainedOptions } from './files/pretrained.ts'
import type { StyledVocabOptions } from './files/story-defaults.ts'
import { defaultTokenizerJson, END_OF_TEXT, type VocabOptions } from './files/tokenizer-defaults.ts'
import type { AddedTokenJson, TokenizerJson } from './files/tokenizer-json.ts'
import { arena } from './memory/arena.ts'
import { quote } from './models/vocabulary.ts'
import { vocabularyMap } from './models/vocabulary-map.ts'
import { BertScanner } from './scanners/bert-scanner.ts'
import type { Scanner } from './scanners/scanner.ts'
import type { BatchOptions, DecodeOptions, Tokenizer } from './tokenizer.ts'

/** A WordPiece tokenizer: text to ids and back. Immutable, but for a cache of words inside. */
export class WordPieceTokenizer implements Tokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number
  /** Id that ends a story: `<|endoftext|>` in own vocabularies, `[SEP]` in BERT's. */
  readonly endOfTextId: number | undefined

  readonly #json: TokenizerJson
  readonly #pipeline: Pipeline
  readonly #decoder: Decoder
  readonly #special: ReadonlySet<number>
  readonly #padding: PaddingOptions | false
  #pool: BatchPool | undefined

  private constructor(json: TokenizerJson, scanner: Scanner) {
    this.#json = json
    this.#pipeline = new Pipeline(json, scanner)
    this.#decoder = createDecoder(json.decoder, json.model.continuing_subword_prefix)
    this.#special = new Set(json.added_tokens.filter(token => token.special).map(token => token.id))
    this.#padding = json.padding === null ? false : paddingFromJson(json.padding)
    this.vocabSize = this.#pipeline.vocabulary.size
    this.endOfTextId = this.tokenToId(END_OF_TEXT) ?? this.tokenToId('[SEP]')
  }

  /**
   * Opens a `tokenizer.json`, or a `vocab.txt` (one piece a line; `options` say how to read it). Node only.
   *
   * @throws {TokenizerError} when the file cannot be read or is not a WordPiece tokenizer.
   */
  static async fromFile(path: string, options?: StyledVocabOptions): Promise<WordPieceTokenizer> {
    const { readTokenizer } = await import('./files/tokenizer-files.ts')
    return WordPieceTokenizer.#open(await readTokenizer(path, options))
  }

  /**
   * Opens the tokenizer of a published model, such as `bert-base-uncased`. Where it has only a `vocab.txt`, the
   * vocabulary's options say how to read it.
   *
   * @throws {TokenizerError} when it cannot be had, or is not a WordPiece tokenizer.
   */
  static async fromPretrained(
    name: string,
    options: PretrainedOptions & StyledVocabOptions = {},
  ): Promise<WordPieceTokenizer> {
    const { loadTokenizer } = await import('./files/hub.ts')
    return WordPieceTokenizer.#open(await loadTokenizer(name, options))
  }

  /** Makes a BERT tokenizer of a list of pieces, whose ids are their places, or a map of pieces to ids. */
  static fromVocab(
    vocab: readonly string[] | ReadonlyMap<string, number>,
    options: VocabOptions = {},
  ): WordPieceTokenizer {
    const map = 'get' in vocab ? vocab : vocabularyMap(vocab, 'vocabulary')
    const json = defaultTokenizerJson(map, options)
    return new WordPieceTokenizer(json, new BertScanner(json.normalizer))
  }

  /**
   * Makes a tokenizer of the content of a `tokenizer.json`, as text or parsed. What reads and checks it is loaded
   * when first used.
   *
   * @throws {TokenizerError} naming the part that is malformed or not supported.
   */
  static async fromJSON(json: unknown): Promise<WordPieceTokenizer> {
    const { parseTokenizerJson } = await import('./files/parse-tokenizer-json.ts')
    return WordPieceTokenizer.#open(parseTokenizerJson(json))
  }

  static async #open(json: TokenizerJson): Promise<WordPieceTokenizer> {
    const { createScanner } = await import('./scanners/create-scanner.ts')
    return new WordPieceTokenizer(json, createScanner(json))
  }

  /**
   * Encodes a text, or a pair of texts.
   *
   * @throws {TokenizerError} when the truncation or padding asked for is not possible.
   */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    const encoding = this.#pipeline.encode(text, options)
    const padding = this.#paddingOf(options)
    return padding === undefined ? encoding : padAll([encoding], this.#paddingId(padding), padding)[0]!
  }

  /**
   * Encodes many texts, each as {@link encode} would; padding brings them to one length.
   *
   * @throws {TokenizerError} as `encode` does, or for `threads` where there are no worker threads.
   */
  async encodeBatch(texts: Iterable<string>, options: BatchOptions = {}): Promise<Encoding[]> {
    const { threads = 1, padding: _, ...rest } = options
    wholeNumber('threads', threads, 1)
    const allocate = arena()
    const encodings =
      threads === 1
        ? Array.from(texts, text => this.#pipeline.encode(text, rest, allocate))
        : await (await this.#batchPool()).encode([...texts], threads, rest)
    const padding = this.#paddingOf(options)
    return padding === undefined ? encodings : padAll(encodings, this.#paddingId(padding), padding)
  }

  /** Ends the threads that {@link encodeBatch} has started. The tokenizer stays usable. */
  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    await pool?.close()
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
    return this.#pipeline.vocabulary.id(token)
  }

  /** Token of an id, or undefined when the vocabulary lacks it. */
  idToToken(id: number): string | undefined {
    return this.#pipeline.vocabulary.token(id)
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
    const { writeTokenizer } = await import('./files/tokenizer-files.ts')
    await writeTokenizer(path, this.#json, this.#pipeline.vocabulary)
  }

  async #batchPool(): Promise<BatchPool> {
    const { BatchPool } = await import('./batch/batch-pool.ts').catch((error: unknown) => {
      throw new TokenizerError('threads: worker threads need Node; leave it at 1 here', { cause: error })
    })
    this.#pool ??= new BatchPool(this.#json, this.#pipeline)
    return this.#pool
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
    const token = this.#pipeline.vocabulary.token(id)
    if (token === undefined) {
      throw new TokenizerError(
        `decode: there is no token with the id ${id}; ids go from 0 to ${this.vocabSize - 1}`,
      )
    }
    return skipSpecialTokens && this.#special.has(id) ? undefined : token
  }
}
