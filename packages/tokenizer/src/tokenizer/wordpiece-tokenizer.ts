import type { BatchPool } from '../batch/batch-pool.ts'
import { createDecodeStream, type DecodeStream } from '../decoders/decode-stream.ts'
import { createDecoder, type Decoder } from '../decoders/decoder.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { type PaddingOptions, padAll, paddingFromJson } from '../encoding/padding.ts'
import { type EncodeOptions, Pipeline } from '../encoding/pipeline.ts'
import { wholeNumber } from '../errors/checks.ts'
import { TokenizerError } from '../errors/errors.ts'
import { END_OF_TEXT } from '../files/tokenizer-defaults.ts'
import type { AddedTokenJson, WordPieceTokenizerJson } from '../files/tokenizer-json.ts'
import { arena } from '../memory/arena.ts'
import { quote } from '../models/vocabulary.ts'
import type { Scanner } from '../scanners/scanner.ts'
import type { BatchOptions, DecodeOptions, Tokenizer } from './tokenizer.ts'

/** A WordPiece tokenizer: text to ids and back. Immutable, but for a cache of words inside. */
export class WordPieceTokenizer implements Tokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number
  /** Id that ends a story: `<|endoftext|>` in own vocabularies, `[SEP]` in BERT's. */
  readonly endOfTextId: number | undefined

  readonly #json: WordPieceTokenizerJson
  readonly #pipeline: Pipeline
  readonly #decoder: Decoder
  readonly #special: ReadonlySet<number>
  readonly #padding: PaddingOptions | false
  #pool: BatchPool | undefined

  /** @param scanner for the normalizer and pre-tokenizer of `json`. */
  constructor(json: WordPieceTokenizerJson, scanner: Scanner) {
    this.#json = json
    this.#pipeline = new Pipeline(json, scanner)
    this.#decoder = createDecoder(json.decoder, json.model.continuing_subword_prefix)
    this.#special = new Set(json.added_tokens.filter(token => token.special).map(token => token.id))
    this.#padding = json.padding === null ? false : paddingFromJson(json.padding)
    this.vocabSize = this.#pipeline.vocabulary.size
    this.endOfTextId = this.tokenToId(END_OF_TEXT) ?? this.tokenToId('[SEP]')
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
  toJSON(): WordPieceTokenizerJson {
    return structuredClone(this.#json)
  }

  /**
   * Writes a `tokenizer.json`, or a `vocab.txt` when the path ends so; what was there before is replaced only
   * once the new file is complete. Node only.
   */
  async save(path: string): Promise<void> {
    const [{ writeTextFile }, { formatVocabText }] = await Promise.all([
      import('../files/node-files.ts'),
      import('../files/vocab-text.ts'),
    ])
    const isVocabText = path.endsWith('.txt')
    await writeTextFile(
      path,
      isVocabText
        ? formatVocabText(this.#pipeline.vocabulary.entries())
        : `${JSON.stringify(this.#json, null, 2)}
`,
    )
  }

  async #batchPool(): Promise<BatchPool> {
    const { BatchPool } = await import('../batch/batch-pool.ts').catch((error: unknown) => {
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
