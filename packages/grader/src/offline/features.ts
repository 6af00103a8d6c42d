import { wordsOf } from '@tinystories/utils/text'

/** What a program counts in a completion. All lie about between 0 and 1, so that one penalty fits all. */
export interface Features {
  /** Logarithm of the number of words, over that of 200. */
  length: number
  /** Share of 1-grams, 2-grams, 4-grams that are different. */
  distinct1: number
  distinct2: number
  distinct4: number
  /** Share of sentences that came before, word for word. */
  repeatedSentences: number
  /** Share of the completion's content words that the prompt has. */
  fromPrompt: number
  /** Share of the prompt's content words, names above all, that come again. */
  promptKept: number
  /** Names that neither the prompt has nor a sentence begins, for 20 words. */
  newNames: number
  /** 1 when a quotation is not closed. */
  openQuote: number
  /** 1 when the text ends inside a sentence. */
  openEnd: number
  /** Standard deviation of the sentences' lengths over their mean. */
  sentenceVariety: number
  /** Words of a sentence on average, over 20. */
  sentenceLength: number
  /** Share of sentences with speech. */
  speech: number
}

const functionWords = new Set(
  'a an and are as at be but by for from had has have he her him his i in is it its my not of on or she so that the their them then there they this to too very was we were what when where who will with you your said'.split(
    ' ',
  ),
)

/** Counts the features of a completion. Words are compared without case. */
export function featuresOf(prompt: string, text: string): Features {
  const words = wordsOf(text)
  const sentences = text
    .split(/[.!?]+["'”’]*\s+|\n+/)
    .map(sentence => wordsOf(sentence))
    .filter(({ length }) => length > 0)
  const own = new Set(contentOf(words))
  const given = new Set(contentOf(wordsOf(prompt)))
  const lengths = sentences.map(({ length }) => length)
  const meanLength = lengths.reduce((sum, each) => sum + each, 0) / Math.max(1, lengths.length)
  const variance =
    lengths.reduce((sum, each) => sum + (each - meanLength) ** 2, 0) / Math.max(1, lengths.length)
  const lines = sentences.map(sentence => sentence.join(' '))
  return {
    length: Math.log(1 + words.length) / Math.log(201),
    distinct1: distinct(words, 1),
    distinct2: distinct(words, 2),
    distinct4: distinct(words, 4),
    repeatedSentences: 1 - new Set(lines).size / Math.max(1, lines.length),
    fromPrompt: shareOf(own, given),
    promptKept: shareOf(given, own),
    newNames: Math.min(1, (20 * newNamesOf(prompt, text)) / Math.max(20, words.length)),
    openQuote: (text.match(/["“”]/g)?.length ?? 0) % 2 === (prompt.match(/["“”]/g)?.length ?? 0) % 2 ? 0 : 1,
    openEnd: /[.!?]["'”’]?\s*$/.test(text) ? 0 : 1,
    sentenceVariety: meanLength === 0 ? 0 : Math.min(1, Math.sqrt(variance) / meanLength),
    sentenceLength: Math.min(2, meanLength / 20),
    speech: Math.min(1, (text.match(/["“”]/g)?.length ?? 0) / 2 / Math.max(1, sentences.length)),
  }
}

function contentOf(words: readonly string[]): string[] {
  return words.filter(word => !functionWords.has(word))
}

/** 1 for texts with fewer words than `k`: nothing can come again. */
function distinct(words: readonly string[], k: number): number {
  const count = words.length - k + 1
  if (count < 1) return 1
  const grams = new Set<string>()
  for (let i = 0; i < count; i++) grams.add(words.slice(i, i + k).join(' '))
  return grams.size / count
}

function shareOf(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let shared = 0
  for (const each of some) if (others.has(each)) shared++
  return shared / Math.max(1, some.size)
}

/** Different capitalized words inside sentences that the prompt does not have. */
function newNamesOf(prompt: string, text: string): number {
  const known = new Set(prompt.match(/\p{Lu}\p{Ll}+/gu) ?? [])
  const names = [...text.matchAll(/(?<=[\p{Ll},] )\p{Lu}\p{Ll}+/gu)].map(([name]) => name)
  return new Set(names.filter(name => !known.has(name))).size
}
