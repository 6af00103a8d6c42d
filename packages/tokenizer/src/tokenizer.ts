import type { DecodeStream } from './decoders/decode-stream.ts'
import type { Encoding } from './encoding/encoding.ts'
import type { EncodeOptions } from './encoding/pipeline.ts'

/** Options of {@link Tokenizer.decode}. */
export interface DecodeOptions {
  /** Leave special tokens such as `[CLS]` and `<|endoftext|>` out of the text. Default true. */
  skipSpecialTokens?: boolean
}

/** Options of {@link Tokenizer.encodeBatch}. */
export interface BatchOptions extends Omit<EncodeOptions, 'pair'> {
  /**
   * Threads to share the texts among, the calling one included. Worker threads (Node only) are started when
   * first needed, hold a copy of the tokenizer each, and are kept for the next batch. Default 1.
   */
  threads?: number
}

/** What every tokenizer of this package does, whatever its model. */
export interface Tokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number
  /** Id that ends a story: `<|endoftext|>`, in BERT's vocabularies `[SEP]`. */
  readonly endOfTextId: number | undefined
  /** Encodes a text, or a pair of texts. */
  encode(text: string, options?: EncodeOptions): Encoding
  /** Encodes many texts, each as {@link encode} would; padding brings them to one length. */
  encodeBatch(texts: Iterable<string>, options?: BatchOptions): Promise<Encoding[]>
  /** Turns ids back into text. */
  decode(ids: Iterable<number>, options?: DecodeOptions): string
  /** Decodes token by token, for text that is shown while it is written. */
  decodeStream(options?: DecodeOptions): DecodeStream
  /** Id of a token, or undefined when the vocabulary lacks it. */
  tokenToId(token: string): number | undefined
  /** Token of an id, or undefined when the vocabulary lacks it. */
  idToToken(id: number): string | undefined
}
