import type { AddedTokenJson } from '../scanners/token-matcher.ts'

/**
 * Added tokens with the ids that they have: the model's where it knows the token, else counted from the size of the
 * vocabulary on in the order of the file. What the file says of ids is not used, as in the Rust library: it clashes with
 * the model's in files that were edited by hand. Of a token that is there twice the last one counts, and it is
 * special when any is.
 */
export function numberAddedTokens(
  tokens: readonly AddedTokenJson[],
  vocab: Readonly<Record<string, number>>,
): AddedTokenJson[] {
  let next = Object.keys(vocab).length
  const numbered = new Map<string, AddedTokenJson>()
  for (const token of tokens) {
    const { content } = token
    if (content === '') continue
    const before = numbered.get(content)
    const id = before?.id ?? (Object.hasOwn(vocab, content) ? vocab[content]! : next++)
    numbered.set(content, { ...token, id, special: token.special || before?.special === true })
  }
  return [...numbered.values()]
}
