import type { Tokenizer } from '@tinystories/tokenizer'

/** Above this share of unknown tokens, the script itself is unknown. */
export const UNKNOWN_SCRIPT = 0.5

/** Share of tokens that stand for characters that the vocabulary does not have. */
export function unknownShare(tokenizer: Tokenizer, ids: readonly number[]): number {
  const unknown = tokenizer.tokenToId('[UNK]')
  return ids.length === 0 ? 0 : ids.filter(id => id === unknown).length / ids.length
}

/** The distinct words of a text that have a character that the vocabulary does not have. */
export function unknownWords(tokenizer: Tokenizer, text: string): string[] {
  const unknown = tokenizer.tokenToId('[UNK]')
  const words = new Set(text.split(/\s+/).filter(word => word !== ''))
  return [...words].filter(word =>
    Array.from(tokenizer.encode(word, { addSpecialTokens: false }).ids).some(id => id === unknown),
  )
}
