import type { Tokenizer } from '@tinystories/tokenizer'

/** Share of tokens that stand for characters that the vocabulary lacks. */
export function unknownShare(tokenizer: Tokenizer, ids: readonly number[]): number {
  const unknown = tokenizer.tokenToId('[UNK]')
  return ids.length === 0 ? 0 : ids.filter(id => id === unknown).length / ids.length
}
