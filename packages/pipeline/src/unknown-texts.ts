import type { Tokenizer } from '@tinystories/tokenizer'

/** Names of the unknown token, in the vocabularies of BERT and of SentencePiece. */
const unknownTokens = ['[UNK]', '<unk>']

/**
 * What of a text a vocabulary cannot spell: the parts that become its unknown token, each once, in their order. A byte-level
 * vocabulary spells everything.
 */
export function unknownTexts(tokenizer: Tokenizer, text: string): string[] {
  const ids = unknownTokens.map(token => tokenizer.tokenToId(token)).filter(id => id !== undefined)
  if (ids.length === 0) return []
  const { ids: tokens, offsets } = tokenizer.encode(text, { addSpecialTokens: false, offsets: true })
  const found = [...tokens.keys()].filter(i => ids.includes(tokens[i]!)).map(i => offsets[i]!)
  return (
    [...new Set(found.map(([start, end]) => text.slice(start, end)))]
      // The token may have been written out.
      .filter(part => !unknownTokens.includes(part))
  )
}
