/** What {@link wordsOf} takes for a word. */
export const wordPattern: RegExp = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu

/** The words of a text in lower case, with one kind of apostrophe; punctuation parts them. */
export function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(wordPattern) ?? []).map(each => each.replaceAll('’', "'"))
}

/** How many words {@link wordsOf} finds. */
export function countWords(text: string): number {
  return text.match(wordPattern)?.length ?? 0
}
