import type { Random } from '@tinystories/utils/random'
import { hasDialogue, lemmas, namesIn } from '@tinystories/utils/text'
import type { Story } from '../stream/story.ts'
import { partsOfSpeech, type StoryVocabulary } from '../synthesis/vocabulary.ts'
import type { WordCounts } from './count-words.ts'

/** Verbs that hardly any story does without: asking for one asks for nothing. */
const everywhere = new Set(['be', 'have', 'do', 'go', 'say', 'get', 'can', 'will'])

const determiners = new Set(
  'a an the this that these those my your his her its our their some any no every each one two three many'.split(
    ' ',
  ),
)
const subjects = new Set(
  'i you he she it we they who to not can could will would did do does let must should "'.split(' '),
)

/** What a program can tell of a plain story. */
export interface StoryRecord extends Pick<Story, 'words' | 'features'> {
  /** One of each part of speech that the story has, in their base forms: verb, noun, adjective. */
  words: string[]
  /** `Dialogue` where somebody speaks, and `Named …` with the name that comes most often. */
  features: string[]
}

/**
 * Derives from a plain story what it could have been asked for, without a language model: words of the story by their part
 * of speech in a vocabulary, and features that a program can decide.
 *
 * @param random decides which of the words are taken
 * @param counts with them a word's weight is the inverse of its count, so that over many stories all words of the
 *   vocabulary are asked for about equally often, as in the paper, whose words were drawn from a list. Default: all words
 *   of the story are equally likely, and most of those taken are common ones
 */
export function deriveRecord(
  text: string,
  { vocabulary, random, counts }: { vocabulary: VocabularyIndex; random: Random; counts?: WordCounts },
): StoryRecord {
  const found = vocabulary.find(text)
  const words = partsOfSpeech.flatMap(part => {
    const candidates = [...found[part]]
    if (candidates.length === 0) return []
    return [candidates[counts ? drawRare(candidates, counts, random) : random.integer(candidates.length)]!]
  })
  const [name] = namesIn(text)
  return {
    words,
    features: [...(hasDialogue(text) ? ['Dialogue'] : []), ...(name === undefined ? [] : [`Named ${name}`])],
  }
}

/** The place of a word, drawn with weights inverse to the counts. */
function drawRare(words: readonly string[], counts: WordCounts, random: Random): number {
  const weights = words.map(word => 1 / (counts.get(word) ?? 1))
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
  const place = weights.findIndex(weight => {
    left -= weight
    return left < 0
  })
  return place === -1 ? words.length - 1 : place
}

/** Finds the words of a vocabulary in a text, whatever their form. */
export class VocabularyIndex {
  readonly #partOf = new Map<string, (typeof partsOfSpeech)[number]>()
  /** A text has few different words, a corpus not many more. */
  readonly #known = new Map<string, readonly string[]>()

  constructor(vocabulary: StoryVocabulary) {
    for (const part of partsOfSpeech)
      for (const word of vocabulary[part]) if (!everywhere.has(word)) this.#partOf.set(word, part)
  }

  /** The base forms that a text uses, by part of speech, in the order in which they come. */
  find(text: string): Record<(typeof partsOfSpeech)[number], Set<string>> {
    const found = { verbs: new Set<string>(), nouns: new Set<string>(), adjectives: new Set<string>() }
    let before = ''
    for (const [token] of text.toLowerCase().matchAll(/\p{L}+(?:['’]\p{L}+)*|["“.!?,]/gu)) {
      for (const word of this.#baseForms(token)) {
        const part = this.#partOf.get(word)!
        // "the play" is no verb, and "to fish" no noun.
        if (part === 'verbs' ? !determiners.has(before) : part === 'adjectives' || !subjects.has(before))
          found[part].add(word)
      }
      before = token
    }
    return found
  }

  #baseForms(token: string): readonly string[] {
    let forms = this.#known.get(token)
    if (forms === undefined) {
      const candidates = this.#partOf.has(token) ? [token] : [...lemmas(token)]
      forms = candidates.filter(word => this.#partOf.has(word)).slice(0, 1)
      this.#known.set(token, forms)
    }
    return forms
  }
}
