import type { StoryTokenizer } from '../stream/tokens.ts'

/** Tokens of a prompt and of a story's own text, without special tokens. */
export interface EncodedStory {
  /** The prompt's tokens, then the story's. Empty when the story has none. */
  ids: ArrayLike<number>
  promptTokens: number
}

/** Encodes a story after its prompt. The two are encoded apart, so that the border between them is exact. */
export function encodeStory(
  tokenizer: StoryTokenizer,
  text: string,
  prompt: string | undefined,
): EncodedStory {
  const encode = (part: string): ArrayLike<number> => tokenizer.encode(part, { addSpecialTokens: false }).ids
  const own = encode(text)
  if (prompt === undefined || own.length === 0) return { ids: own, promptTokens: 0 }
  const before = encode(prompt)
  const ids = new Int32Array(before.length + own.length)
  ids.set(before)
  ids.set(own, before.length)
  return { ids, promptTokens: before.length }
}
