import type { Random } from '@tinystories/utils/random'
import { hasDialogue, namesIn } from '@tinystories/utils/text'
import type { Story } from '../stream/story.ts'
import { partsOfSpeech } from '../synthesis/vocabulary.ts'
import type { WordCounts } from './count-words.ts'
import type { VocabularyIndex } from './vocabulary-index.ts'

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
