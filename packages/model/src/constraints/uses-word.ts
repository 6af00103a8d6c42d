/**
 * Whether a text uses a word, as it stands or with a regular ending (played, hopping, ponies, braver). Irregular forms
 * (found for find) do not count.
 */
export function usesWord(text: string, word: string): boolean {
  return endOfWord(text, word) !== undefined
}

/** Where the first use of a word ends in a text, as an index; see {@link usesWord}. */
export function endOfWord(text: string, word: string): number | undefined {
  const forms = [`${literal(word)}(?:e?s|e?d|ing|e?r|e?st|ly)?`]
  const stem = literal(word.slice(0, -1))
  const last = word.at(-1)!
  if (last === 'e') forms.push(`${stem}ing`)
  if (last === 'y') forms.push(`${stem}i(?:es|ed|er|est|ly)`)
  // A short vowel before one consonant doubles it: hop, hopped.
  if (/[^aeiou][aeiou][bdgklmnprt]$/.test(word)) forms.push(`${literal(word)}${last}(?:ed|ing|er|est)`)
  const found = new RegExp(`(?<![\\p{L}-])(?:${forms.join('|')})(?![\\p{L}-])`, 'iu').exec(text)
  return found ? found.index + found[0].length : undefined
}

function literal(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
