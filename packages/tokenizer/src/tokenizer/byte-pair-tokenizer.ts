import { byteDecoder, tokenBytes } from '../decoders/byte-level.ts'
import type { DecodeStream } from '../decoders/decode-stream.ts'
import { Encoding, FIRST } from '../encoding/encoding.ts'
import { type PaddingOptions, padAll } from '../encoding/padding.ts'
import type { EncodeOptions } from '../encoding/pipeline.ts'
import { TokenizerError } from '../errors/errors.ts'
import { type BytePairJson, checkBytePairJson } from '../files/byte-pair-json.ts'
import { END_OF_TEXT } from '../files/tokenizer-defaults.ts'
import type { AddedTokenJson } from '../files/tokenizer-json.ts'
import { quote, Vocabulary } from '../models/vocabulary.ts'
import type { BatchOptions, DecodeOptions, Tokenizer } from './tokenizer.ts'

/** What is used of `@huggingface/tokenizers`, whose types a user without it does not have. */
interface Library {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] }
}

/**
 * Byte-level BPE, as GPT-2 and GPT-Neo have it, for published TinyStories checkpoints. The merging is done by
 * `@huggingface/tokenizers`, an optional peer dependency. It gives no offsets, and such models know no pairs
 * and no template, so `pair`, `offsets`, `truncation` and `threads` are refused.
 */
export class BytePairTokenizer implements Tokenizer {
  readonly vocabSize: number
  readonly endOfTextId: number | undefined
  readonly #library: Library
  readonly #vocabulary: Vocabulary
  readonly #added: ReadonlySet<number>
  readonly #special: ReadonlySet<number>

  readonly #json: BytePairJson

  constructor(library: Library, json: BytePairJson) {
    const { model, added_tokens: added } = json
    this.#json = json
    this.#library = library
    this.#vocabulary = new Vocabulary(Object.entries(model.vocab))
    for (const { content, id } of added) this.#vocabulary.add(content, id)
    this.#added = new Set(added.map(token => token.id))
    this.#special = new Set(added.filter(token => token.special).map(token => token.id))
    this.vocabSize = this.#vocabulary.size
    this.endOfTextId = this.#vocabulary.id(END_OF_TEXT)
  }

  encode(text: string, options: EncodeOptions = {}): Encoding {
    const encoding = this.#encode(text, options)
    return options.padding ? this.#pad([encoding], options.padding)[0]! : encoding
  }

  async encodeBatch(texts: Iterable<string>, options: BatchOptions = {}): Promise<Encoding[]> {
    if ((options.threads ?? 1) !== 1) throw unsupported('threads')
    const encodings = Array.from(texts, text => this.#encode(text, options))
    return options.padding ? this.#pad(encodings, options.padding) : encodings
  }

  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const stream = this.decodeStream(options)
    let text = ''
    for (const id of ids) text += stream.push(id)
    return text + stream.end()
  }

  /** A character whose bytes are spread over several tokens is held back until it is whole. */
  decodeStream({ skipSpecialTokens = true }: DecodeOptions = {}): DecodeStream {
    const decoder = byteDecoder()
    return {
      push: id => {
        const token = this.#vocabulary.token(id)
        if (token === undefined) {
          throw new TokenizerError(
            `decode: there is no token with the id ${id}; ids go from 0 to ${this.vocabSize - 1}`,
          )
        }
        if (skipSpecialTokens && this.#special.has(id)) return ''
        return this.#added.has(id) ? decoder.end() + token : decoder.push(tokenBytes(token))
      },
      end: () => decoder.end(),
    }
  }

  tokenToId(token: string): number | undefined {
    return this.#vocabulary.id(token)
  }

  idToToken(id: number): string | undefined {
    return this.#vocabulary.token(id)
  }

  get addedTokens(): readonly AddedTokenJson[] {
    return this.#json.added_tokens
  }

  toJSON(): BytePairJson {
    return structuredClone(this.#json)
  }

  async save(path: string): Promise<void> {
    const { writeTextFile } = await import('../files/node-files.ts')
    await writeTextFile(path, `${JSON.stringify(this.#json, null, 2)}\n`)
  }

  async close(): Promise<void> {}

  #encode(text: string, options: EncodeOptions): Encoding {
    for (const name of ['pair', 'offsets', 'truncation'] as const) {
      if (options[name] !== undefined && options[name] !== false) throw unsupported(name)
    }
    const ids = Int32Array.from(this.#library.encode(text, { add_special_tokens: false }).ids)
    return new Encoding(this.#vocabulary, ids, [FIRST, ids.length, 0])
  }

  #pad(encodings: Encoding[], padding: PaddingOptions): Encoding[] {
    const token = padding.token ?? END_OF_TEXT
    const id = this.tokenToId(token)
    if (id !== undefined) return padAll(encodings, id, padding)
    throw new TokenizerError(
      `padding: the vocabulary lacks ${quote(token)}; name one that it has as padding.token`,
    )
  }
}

/** A byte-level BPE tokenizer from the content of a tokenizer.json. */
export async function createBytePair(json: unknown, source: string): Promise<Tokenizer> {
  const file = checkBytePairJson(json, source)
  const { Tokenizer: Library } = await import('@huggingface/tokenizers').catch((error: unknown) => {
    throw new TokenizerError(
      'byte-level BPE needs @huggingface/tokenizers: install it with npm install @huggingface/tokenizers',
      { cause: error },
    )
  })
  return new BytePairTokenizer(new Library(file, {}), file)
}

function unsupported(option: string): TokenizerError {
  return new TokenizerError(
    `${option}: byte-level BPE has none of it; leave the option out, or use WordPiece`,
  )
}
