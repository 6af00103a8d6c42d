import { TokenizerError } from '../errors/errors.ts'
import type { DecoderJson } from '../files/tokenizer-json.ts'

/** Turns the tokens of a text back into text. */
export interface Decoder {
  /** What a token adds to the text, before clean-up; `first` when no token comes before it. */
  piece(token: string, first: boolean): string
  /** Applied to the joined text. */
  cleanUp(text: string): string
  /**
   * Length of the longest beginning of `text` that clean-up treats the same whatever follows, and apart from
   * the rest; 0 when there is none longer than `from`, up to which the caller has searched before.
   */
  settled(text: string, from: number): number
}

/**
 * BERT's decoding: pieces with the prefix join the word before, others follow a blank, and clean-up takes
 * the blanks before punctuation and around apostrophes away as `transformers` does.
 */
export function wordPieceDecoder(prefix: string, cleanup: boolean): Decoder {
  return {
    piece: (token, first) => {
      if (first) return token
      return token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`
    },
    cleanUp: cleanup ? cleanUp : text => text,
    settled: cleanup ? settled : text => text.length,
  }
}

/** Plain concatenation, the prefix left out: the decoding of story vocabularies. */
export function fusedDecoder(prefix: string): Decoder {
  return {
    piece: token => (token.startsWith(prefix) ? token.slice(prefix.length) : token),
    cleanUp: text => text,
    settled: text => text.length,
  }
}

function cleanUp(text: string): string {
  return text
    .replace(/ ([.?!,])/g, '$1')
    .replace(/ ' /g, "'")
    .replace(/ (n't|'m|'s|'ve|'re)/g, '$1')
}

/** Every clean-up begins at a blank, and only ` ' ` reaches over a second one. */
function settled(text: string, from: number): number {
  for (let at = text.length - 2; at > 0 && at >= from; at--) {
    if (text[at] === ' ' && text[at + 1] !== "'" && !text.endsWith(" '", at)) return at
  }
  return 0
}

/**
 * @param prefix of the model, for a file that names no decoder.
 * @throws {TokenizerError} naming a decoder that is not supported.
 */
export function createDecoder(json: DecoderJson | null, prefix: string): Decoder {
  if (json === null) return wordPieceDecoder(prefix, false)
  if (json.type === 'WordPiece') return wordPieceDecoder(json.prefix ?? prefix, json.cleanup ?? true)
  if (json.type === 'Sequence' && Array.isArray(json.decoders) && json.decoders.length === 2) {
    const [replace, fuse] = json.decoders
    if (
      replace?.type === 'Replace' &&
      'Regex' in replace.pattern &&
      replace.pattern.Regex === `^${prefix}` &&
      replace.content === '' &&
      fuse?.type === 'Fuse'
    ) {
      return fusedDecoder(prefix)
    }
  }
  throw new TokenizerError(
    `decoder: ${JSON.stringify(json).slice(0, 120)} is not supported; WordPiece, ` +
      `and Sequence of Replace (^${prefix}) and Fuse, are`,
  )
}
