/**
 * Cuts a text before the first n-gram of words that it has had before, as the paper does with models that never end
 * a story. Words are compared without case; the text before the cut is left as it is, but for white space at its end.
 */
export function truncateAtRepeat(text: string, n = 4): string {
  const words = [...text.matchAll(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu)]
  const seen = new Set<string>()
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words
      .slice(i, i + n)
      .map(([word]) => word.toLowerCase())
      .join(' ')
    if (seen.has(gram)) return text.slice(0, words[i]!.index).trimEnd()
    seen.add(gram)
  }
  return text
}
