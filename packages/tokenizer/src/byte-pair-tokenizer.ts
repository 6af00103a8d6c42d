import { byteDecoder, tokenBytes } from './decoders/byte-level.ts'
import type { DecodeStream } from './decoders/decode-stream.ts'
import { Encoding, FIRST } from './encoding/encoding.ts'
import { type PaddingOptions, padAll } from './encoding/padding.ts'
import type { EncodeOptions } from './encoding/pipeline.ts'
import { TokenizerError } from './errors/errors.ts'
import type { BytePairJson } from './files/byte-pair-json.ts'
import type { PretrainedOptions } from './files/pretrained.ts'
import { END_OF_TEXT } from './files/tokenizer-defaults.ts'
import { quote, Vocabulary } from './models/vocabulary.ts'
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

  private constructor(library: Library, { model, added_tokens: added }: BytePairJson) {
    this.#library = library
    this.#vocabulary = new Vocabulary(Object.entries(model.vocab))
    for (const { content, id } of added) this.#vocabulary.add(content, id)
    this.#added = new Set(added.map(token => token.id))
    this.#special = new Set(added.filter(token => token.special).map(token => token.id))
    this.vocabSize = this.#vocabulary.size
    this.endOfTextId = this.#vocabulary.id(END_OF_TEXT)
  }

  /**
   * Opens a `tokenizer.json`, or a `vocab.json` with its `merges.txt` beside it. Node only.
   *
   * @throws {TokenizerError} when the file cannot be read, is not byte-level BPE, or the library is missing.
   */
  static async fromFile(path: string): Promise<BytePairTokenizer> {
    const { readTextFile } = await import('./files/node-files.ts')
    const text = await readTextFile(path)
    if (!path.endsWith('vocab.json')) return open(text, path)
    const { gpt2Json } = await import('./files/byte-pair-json.ts')
    return open(gpt2Json(text, await readTextFile(path.replace(/vocab\.json$/, 'merges.txt'))), path)
  }

  /**
   * Opens the tokenizer of a published model, such as `roneneldan/TinyStories-33M`.
   *
   * @throws {TokenizerError} when it cannot be had, is not byte-level BPE, or the library is missing.
   */
  static async fromPretrained(name: string, options: PretrainedOptions = {}): Promise<BytePairTokenizer> {
    const { loadPretrained } = await import('./files/hub.ts')
    const files = await loadPretrained(name, [['tokenizer.json'], ['vocab.json', 'merges.txt']], options)
    const json = files.get('tokenizer.json')
    if (json !== undefined) return open(json, `${name}/tokenizer.json`)
    const { gpt2Json } = await import('./files/byte-pair-json.ts')
    return open(gpt2Json(files.get('vocab.json')!, files.get('merges.txt')!), name)
  }

  /**
   * Makes a tokenizer of the content of a `tokenizer.json`, as text or parsed.
   *
   * @throws {TokenizerError} when it is not byte-level BPE, or the library is missing.
   */
  static async fromJSON(json: unknown): Promise<BytePairTokenizer> {
    return open(json)
  }

  /** @internal */
  static of(library: Library, json: BytePairJson): BytePairTokenizer {
    return new BytePairTokenizer(library, json)
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

async function open(json: unknown, source?: string): Promise<BytePairTokenizer> {
  const { checkBytePairJson } = await import('./files/byte-pair-json.ts')
  const file = checkBytePairJson(json, source)
  const { Tokenizer } = await import('@huggingface/tokenizers').catch((error: unknown) => {
    throw new TokenizerError(
      'byte-level BPE needs @huggingface/tokenizers: install it with npm install @huggingface/tokenizers',
      { cause: error },
    )
  })
  return BytePairTokenizer.of(new Tokenizer(file, {}), file)
}

function unsupported(option: string): TokenizerError {
  return new TokenizerError(
    `${option}: byte-level BPE has none of it; leave the option out, or use WordPiece`,
  )
}
