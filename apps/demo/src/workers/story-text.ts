import { type TextChange, TokenText } from '@tinystories/interpret'
import type { Tokenizer } from '@tinystories/tokenizer'

/** The text of a story token by token: what was given stays as it was written, also where the vocabulary does not know it. */
export class StoryText {
  readonly #decoded: TokenText
  readonly #tokenizer: Tokenizer
  /** Characters of what was given: as shown, and as decoded. */
  #shown = 0
  #given = 0

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer
    this.#decoded = new TokenText(tokenizer)
  }

  /** @param given the text that the token stands for; without it, what the tokenizer makes of it */
  push(id: number, given?: string): TextChange {
    const { start, text } = this.#decoded.push(id)
    if (given !== undefined) {
      const change = { start: this.#shown, text: given }
      this.#shown += given.length
      this.#given = start + text.length
      return change
    }
    const change = {
      start: this.#shown + Math.max(0, start - this.#given),
      text: text.slice(Math.max(0, this.#given - start)),
    }
    if (!this.#isJoined(id, start, text)) return change
    // What was given decodes to nothing, so the first word has no space before it.
    this.#shown++
    return { ...change, text: ` ${change.text}` }
  }

  #isJoined(id: number, start: number, text: string): boolean {
    const isFirst = this.#given === 0 && start === 0 && this.#shown > 0
    return isFirst && /^[\p{L}\p{N}]/u.test(text) && !this.#tokenizer.idToToken(id)?.startsWith('##')
  }
}
