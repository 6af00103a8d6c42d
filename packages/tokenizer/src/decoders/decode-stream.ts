import type { Decoder } from './decoder.ts'

/** Decodes tokens one by one as a model writes them. */
export interface DecodeStream {
  /** Takes the next id and returns the text that is settled by it, which may be empty. */
  push(id: number): string
  /** Returns the rest of the text. The stream can then begin anew. */
  end(): string
}

/**
 * What is returned joins to exactly what decoding all ids at once gives. Text that a later token may still
 * change, such as BERT's last word and the blank before an apostrophe, is held back.
 *
 * @param token the token of an id, or undefined when it is to be left out.
 */
export function createDecodeStream(
  decoder: Decoder,
  token: (id: number) => string | undefined,
): DecodeStream {
  let pending = ''
  let first = true
  return {
    push: id => {
      const piece = token(id)
      if (piece === undefined) return ''
      // The last character's place was not decided without what follows it.
      const searched = pending.length - 1
      pending += decoder.piece(piece, first)
      first = false
      const settled = decoder.settled(pending, searched)
      const text = decoder.cleanUp(pending.slice(0, settled))
      pending = pending.slice(settled)
      return text
    },
    end: () => {
      const text = decoder.cleanUp(pending)
      pending = ''
      first = true
      return text
    },
  }
}
