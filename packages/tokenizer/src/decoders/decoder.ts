/** Takes the tokens of a text one by one. What is returned joins to the text. */
export interface DecodeSession {
  /** Takes the next token and returns the text that no later token can change, which may be empty. */
  push(token: string): string
  /** Returns the rest of the text. The session can then start again. */
  end(): string
}

/** Takes the tokens of a text one by one and gives the text at the end, which is faster than a session. */
export interface DecodeBuffer {
  add(token: string): void
  end(): string
}

/** Turns the tokens of a text back into text. */
export interface Decoder {
  /** For all of a text. */
  buffer(): DecodeBuffer
  /** For a text that is shown while it is generated. */
  start(): DecodeSession
}

/** How a {@link Decoder} for which every token adds its text works. */
interface Joining {
  /** What a token adds to the text; `isFirst` when no token comes before it. */
  piece(token: string, isFirst: boolean): string
  /** Applied to the joined text. */
  cleanUp(text: string): string
  /**
   * Length of the longest beginning of `text` that clean-up treats the same whatever follows, and apart from
   * the rest; 0 when there is none longer than `from`, up to which the caller has searched before.
   */
  settled(text: string, from: number): number
}

/** Plain concatenation. */
const AS_IT_IS = { cleanUp: (text: string) => text, settled: (text: string) => text.length }
/** As `transformers` takes away the blanks before punctuation and around apostrophes. */
const CLEANED = { cleanUp, settled }

/**
 * BERT's decoding: pieces with the prefix join the word before, others follow a blank. Without a prefix every token
 * follows a blank.
 */
export function wordPieceDecoder(prefix: string | undefined, cleanup: boolean): Decoder {
  return joining({
    piece: (token, isFirst) => {
      if (isFirst) return token
      return prefix !== undefined && token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`
    },
    ...(cleanup ? CLEANED : AS_IT_IS),
  })
}

/** Concatenation with the prefix left out: the decoding of story vocabularies. */
export function fusedDecoder(prefix: string): Decoder {
  return joining({
    piece: token => (token.startsWith(prefix) ? token.slice(prefix.length) : token),
    ...AS_IT_IS,
  })
}

function joining({ piece, cleanUp, settled }: Joining): Decoder {
  return {
    buffer: () => {
      let text = ''
      let isFirst = true
      return {
        add: token => {
          text += piece(token, isFirst)
          isFirst = false
        },
        end: () => cleanUp(text),
      }
    },
    start: () => {
      let pending = ''
      let isFirst = true
      return {
        push: token => {
          // The last character's place was not decided without what follows it.
          const searched = pending.length - 1
          pending += piece(token, isFirst)
          isFirst = false
          const length = settled(pending, searched)
          const text = cleanUp(pending.slice(0, length))
          pending = pending.slice(length)
          return text
        },
        end: () => {
          const text = cleanUp(pending)
          pending = ''
          isFirst = true
          return text
        },
      }
    },
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
