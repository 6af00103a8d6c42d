/** Just what is needed of a tokenizer. */
interface Decoder {
  decode(ids: Iterable<number>, options?: { skipSpecialTokens?: boolean }): string
}

/** What one more token does to a text: it stays up to `start`, and `text` follows. */
export interface TextChange {
  start: number
  text: string
}

/**
 * Decodes token by token for a page that shows which token wrote what. A token may also change the end of what came
 * before it (a blank before a full stop goes), so each gives a change and not only a piece.
 */
export class TokenText {
  readonly #decoder: Decoder
  readonly #ids: number[] = []
  #text = ''

  constructor(decoder: Decoder) {
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
