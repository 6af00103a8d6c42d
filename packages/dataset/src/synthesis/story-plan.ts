import { mix, type Random, randomOf } from '../stream/random.ts'
import { storyFeatures } from './story-features.ts'
import { partsOfSpeech, type StoryVocabulary } from './vocabulary.ts'

/** What one story is asked to have. */
export interface StoryPlan {
  /** Place in the plan, from 0. */
  index: number
  /** Verb, noun, adjective. */
  words: [verb: string, noun: string, adjective: string]
  /** Names of {@link storyFeatures}: none to three, in the order of that list. */
  features: string[]
}

/** How many features a story gets, as often as they stand here. */
const featureCounts = [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3]

/**
 * Makes the plan of a seed: the same story at the same index, whichever are asked for and in whatever order.
 *
 * Each list of words is a deck that is shuffled anew whenever it has been dealt to the end, so that every word comes up
 * before any comes twice.
 */
export function storyPlans(vocabulary: StoryVocabulary, seed: number): (index: number) => StoryPlan {
  const decks = partsOfSpeech.map((part, i) => deck(vocabulary[part], mix(seed) ^ (i + 1)))
  return index => {
    const random = randomOf(mix(seed) ^ 0x51ed, index)
    const count = featureCounts[random.below(featureCounts.length)]!
    const chosen = new Set(shuffled(Object.keys(storyFeatures), random).slice(0, count))
    return {
      index,
      words: decks.map(deal => deal(index)) as StoryPlan['words'],
      features: Object.keys(storyFeatures).filter(name => chosen.has(name)),
    }
  }
}

function deck(words: readonly string[], seed: number): (index: number) => string {
  if (words.length === 0)
    throw new RangeError('storyPlans: a list of the vocabulary is empty. Give verbs, nouns and adjectives')
  let epoch = -1
  let order: readonly string[] = []
  return index => {
    const wanted = Math.floor(index / words.length)
    if (wanted !== epoch) {
      epoch = wanted
      order = shuffled(words, randomOf(seed, epoch))
    }
    return order[index % words.length]!
  }
}

/** The items in a random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    ;[result[i], result[j]] = [result[j]!, result[i]!]
  }
  return result
}
