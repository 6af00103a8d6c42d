/** Sentences, white space inside made single. A sentence ends with its closing quotation marks. */
export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?…]["'”’]*)\s+(?=["'“‘]?\p{Lu})|\n+/u)
    .map(sentence => sentence.replaceAll(/\s+/g, ' ').trim())
    .filter(sentence => /\p{L}/u.test(sentence))
}
