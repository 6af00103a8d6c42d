import type { Tokenizer } from '@tinystories/tokenizer'

/** A token of a text with the part of the text that it stands for, the white space before it included. */
export interface PromptToken {
  id: number
  text: string
}

/**
 * A text by token, each with its part of the text as it was written: decoding would leave out what the vocabulary does not
 * know. Joined, the parts are the text up to its last token.
 */
export function promptTokens(tokenizer: Tokenizer, text: string): PromptToken[] {
  const { ids, offsets } = tokenizer.encode(text, { addSpecialTokens: false, offsets: true })
  let at = 0
  return Array.from(ids, (id, i) => {
    const end = Math.max(at, offsets[i]![1])
    const part = text.slice(at, end)
    at = end
    return { id, text: part }
  })
}
