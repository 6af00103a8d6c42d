import { lemmas } from './lemmas.ts'
import { wordPattern, wordsOf } from './words.ts'

/** Whether a text uses a word, in any of its forms: `found` for find, `ponies` for pony. */
export function usesWord(text: string, word: string): boolean {
  return endOfWord(text, word) !== undefined
}

/** Where the first use of a word ends in a text, as an index; see {@link usesWord}. Of several words they stand in a row. */
export function endOfWord(text: string, word: string): number | undefined {
  const parts = wordsOf(word).map(part => [...lemmas(part)])
  if (parts.length === 0) return undefined
  const found = [...text.matchAll(wordPattern)]
  const forms = found.map(([each]) => lemmas(each))
  const at = found.findIndex((_, i) => parts.every((part, j) => part.some(form => forms[i + j]?.has(form))))
  const last = found[at + parts.length - 1]
  return at === -1 || last === undefined ? undefined : last.index + last[0].length
}
