import type { BatchPool } from '../batch/batch-pool.ts'
import type { Decoder } from '../decoders/decoder.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { type PaddingOptions, padAll, paddingFromJson } from '../encoding/padding.ts'
import type { EncodeOptions, Pipeline } from '../encoding/pipeline.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import { wholeNumber } from '../errors/checks.ts'
import { TokenizerError } from '../errors/tokenizer-error.ts'
import { END_OF_TEXT } from '../files/tokenizer-defaults.ts'
import { arena } from '../memory/arena.ts'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'
import type { BatchOptions, DecodeOptions, DecodeStream, Tokenizer } from './tokenizer.ts'

/** Tokens that may end a text, in the order in which they are looked for. */
const ENDS_OF_TEXT = [END_OF_TEXT, '[SEP]', '</s>']

/** The tokenizer of a tokenizer.json: a pipeline and a decoder. */
export class PipelineTokenizer implements Tokenizer {
  readonly vocabSize: number
  readonly endOfTextId: number | undefined

  readonly #json: TokenizerJson
  readonly #pipeline: Pipeline
  readonly #decoder: Decoder
  readonly #decoded: ReadonlyMap<number, string> | undefined
  readonly #special: ReadonlySet<number>
  readonly #padding: PaddingOptions | false
  #pool: BatchPool | undefined

  /** @param decoded tokens that are decoded otherwise than the vocabulary writes them. */
  constructor(
    json: TokenizerJson,
    pipeline: Pipeline,
    decoder: Decoder,
    decoded?: ReadonlyMap<number, string>,
  ) {
    this.#json = json
    this.#decoded = decoded
    this.#pipeline = pipeline
    this.#decoder = decoder
    const { added_tokens: added } = json
    const special = new Set(added.filter(token => token.special).map(token => token.content))
    // As in the Rust library it is the decoded text that counts: a special token that looks otherwise is not left out.
    this.#special = new Set(added.map(token => token.id).filter(id => special.has(this.idToToken(id)!)))
    this.#padding = json.padding === null ? false : paddingFromJson(json.padding)
    this.vocabSize = pipeline.vocabulary.size
    const ends = ENDS_OF_TEXT.map(token => this.tokenToId(token))
    this.endOfTextId = ends.find(id => id !== undefined)
  }

  get addedTokens(): readonly AddedTokenJson[] {
    return this.#json.added_tokens
  }

  encode(text: string, options: EncodeOptions = {}): Encoding {
    const encoding = this.#pipeline.encode(text, options)
    const padding = this.#paddingOf(options)
    return padding === undefined ? encoding : padAll([encoding], this.#paddingId(padding), padding)[0]!
  }

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

  async close(): Promise<void> {
    const pool = this.#pool
    this.#pool = undefined
    await pool?.close()
  }

  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const buffer = this.#decoder.buffer()
    for (const id of ids) {
      const token = this.#decodable(id, options)
      if (token !== undefined) buffer.add(token)
    }
    return buffer.end()
  }

  decodeStream(options: DecodeOptions = {}): DecodeStream {
    const session = this.#decoder.start()
    return {
      push: id => {
        const token = this.#decodable(id, options)
        return token === undefined ? '' : session.push(token)
      },
      end: () => session.end(),
    }
  }

  tokenToId(token: string): number | undefined {
    return this.#pipeline.vocabulary.id(token)
  }

  idToToken(id: number): string | undefined {
    return this.#decoded?.get(id) ?? this.#pipeline.vocabulary.token(id)
  }

  toJSON(): TokenizerJson {
    return structuredClone(this.#json)
  }

  async fingerprint(): Promise<string> {
    const { fingerprint } = await import('../files/fingerprint.ts')
    return fingerprint(this.#json)
  }

  async save(path: string): Promise<void> {
    const { saveTokenizer } = await import('../files/save-tokenizer.ts')
    await saveTokenizer(path, this.#json, this.#pipeline.vocabulary)
  }

  async #batchPool(): Promise<BatchPool> {
    const { BatchPool } = await import('../batch/batch-pool.ts').catch((error: unknown) => {
      throw new TokenizerError('no-worker-threads', {}, { cause: error })
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
    throw new TokenizerError('missing-token', { token: token ?? '[PAD]', option: 'padding.token' })
  }

  #decodable(id: number, { skipSpecialTokens = true }: DecodeOptions): string | undefined {
    const token = this.idToToken(id)
    if (token === undefined) throw new TokenizerError('unknown-id', { id, vocabSize: this.vocabSize })
    return skipSpecialTokens && this.#special.has(id) ? undefined : token
  }
}
