import type { Encoding } from '../encoding/encoding.ts'
import type { EncodeOptions } from '../encoding/pipeline.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'

/** Options of {@link Tokenizer.decode}. */
export interface DecodeOptions {
  /** Leave special tokens such as `[CLS]` and `<|endoftext|>` out of the text. Default true. */
  skipSpecialTokens?: boolean
}

/** Options of {@link Tokenizer.encodeBatch}. */
export interface BatchOptions extends Omit<EncodeOptions, 'pair'> {
  /**
   * Threads to share the texts among, including the calling one. Worker threads (Node only) are started when
   * first needed, hold a copy of the tokenizer each, and are kept for the next batch. Default 1.
   */
  threads?: number
}

/** Decodes tokens one by one as a model generates them. */
export interface DecodeStream {
  /**
   * Takes the next id and returns the text that is settled by it, which may be empty: what a later token may still
   * change, such as half a character or BERT's last word, is held back.
   */
  push(id: number): string
  /** Returns the rest of the text. The stream can then start again. */
  end(): string
}

/** Text to ids and back, whatever the model. Immutable, except for a cache of words inside. */
export interface Tokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number
  /** Id that ends a story: `<|endoftext|>`, in BERT's vocabularies `[SEP]`, in Llama's `</s>`. */
  readonly endOfTextId: number | undefined
  /** The added and special tokens. */
  readonly addedTokens: readonly AddedTokenJson[]
  /**
   * Encodes a text, or a pair of texts.
   *
   * @throws {TokenizerError} when the truncation or padding asked for is not possible.
   */
  encode(text: string, options?: EncodeOptions): Encoding
  /**
   * Encodes many texts, each as {@link encode} would; padding brings them to one length.
   *
   * @throws {TokenizerError} as `encode` does, or for `threads` where there are no worker threads.
   */
  encodeBatch(texts: Iterable<string>, options?: BatchOptions): Promise<Encoding[]>
  /**
   * Turns ids back into text.
   *
   * @throws {TokenizerError} on an id that the vocabulary does not have.
   */
  decode(ids: Iterable<number>, options?: DecodeOptions): string
  /** Decodes token by token, for text that is shown while it is generated. */
  decodeStream(options?: DecodeOptions): DecodeStream
  /** Id of a token, or undefined when the vocabulary lacks it. */
  tokenToId(token: string): number | undefined
  /** Token of an id, or undefined when the vocabulary lacks it. */
  idToToken(id: number): string | undefined
  /**
   * SHA-256 in hexadecimal of everything that decides ids and texts: equal for tokenizers that encode and decode the
   * same by construction. Default padding and truncation do not count.
   */
  fingerprint(): Promise<string>
  /** The content of `tokenizer.json`, which the Rust and Python `tokenizers` read as well. */
  toJSON(): TokenizerJson
  /**
   * Writes a `tokenizer.json`, or a `vocab.txt` when the path ends so; what was there before is replaced only
   * once the new file is complete. Node only.
   *
   * @throws FileError when the file cannot be written
   * @throws {TokenizerError} `not-storable` when `vocab.txt` cannot hold the vocabulary
   */
  save(path: string): Promise<void>
  /** Ends the threads that {@link encodeBatch} has started. The tokenizer stays usable. */
  close(): Promise<void>
}
