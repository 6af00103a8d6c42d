import { lemmas } from '@tinystories/utils/text'
import { partsOfSpeech, type StoryVocabulary } from '../synthesis/vocabulary.ts'

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
