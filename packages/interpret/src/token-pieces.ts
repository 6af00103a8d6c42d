/** What this package needs of a tokenizer; those of `@tinystories/tokenizer` have it. */
export interface TextDecoder {
  decode(ids: Iterable<number>, options?: { skipSpecialTokens?: boolean }): string
}

/** The effect of one more token on a text: it stays up to `start`, and `text` follows. */
export interface TextChange {
  start: number
  text: string
}

/**
 * Decodes token by token where it must be known which token wrote what. A token may also change the end of what came
 * before it (a space before a full stop goes), so each gives a change and not only a piece.
 */
export class TokenText {
  readonly #decoder: TextDecoder
  readonly #ids: number[] = []
  #text = ''

  constructor(decoder: TextDecoder) {
    this.#decoder = decoder
  }

  push(id: number): TextChange {
    this.#ids.push(id)
    const text = this.#decoder.decode(this.#ids, { skipSpecialTokens: true })
    let start = 0
    const shorter = Math.min(text.length, this.#text.length)
    while (start < shorter && text[start] === this.#text[start]) start++
    this.#text = text
    return { start, text: text.slice(start) }
  }
}

/** The text of each token; joined they are the decoded text. Special tokens have none. */
export function tokenPieces(decoder: TextDecoder, ids: readonly number[]): string[] {
  const text = new TokenText(decoder)
  const starts: number[] = []
  let whole = ''
  for (const id of ids) {
    const change = text.push(id)
    whole = whole.slice(0, change.start) + change.text
    for (let i = 0; i < starts.length; i++) starts[i] = Math.min(starts[i]!, change.start)
    starts.push(change.start)
  }
  return ids.map((_, i) => whole.slice(starts[i], starts[i + 1]))
}

/** How a token reads after another one: with a space before it where it starts a word. */
export function pieceAfter(decoder: TextDecoder, before: number, id: number): string {
  const options = { skipSpecialTokens: false }
  const alone = decoder.decode([before], options)
  const both = decoder.decode([before, id], options)
  return both.startsWith(alone) ? both.slice(alone.length) : decoder.decode([id], options)
}
