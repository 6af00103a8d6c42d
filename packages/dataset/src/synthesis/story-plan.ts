import { Random } from '@tinystories/utils/random'
import { storyFeatures } from './story-features.ts'
import { SynthesisError } from './synthesis-error.ts'
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
 * Each list of words is a deck that is shuffled again whenever it has been used up, so that every word comes up
 * before any comes twice.
 */
export function storyPlans(vocabulary: StoryVocabulary, seed: number): (index: number) => StoryPlan {
  const decks = partsOfSpeech.map(part => deck(vocabulary[part], new Random(seed).stream('words', part)))
  return index => {
    const random = new Random(seed).stream('plan', index)
    const count = featureCounts[random.integer(featureCounts.length)]!
    const chosen = new Set(random.shuffle(Object.keys(storyFeatures)).slice(0, count))
    return {
      index,
      words: decks.map(deal => deal(index)) as StoryPlan['words'],
      features: Object.keys(storyFeatures).filter(name => chosen.has(name)),
    }
  }
}

function deck(words: readonly string[], random: Random): (index: number) => string {
  if (words.length === 0) throw new SynthesisError('empty-vocabulary', {})
  let epoch = -1
  let order: readonly string[] = []
  return index => {
    const wanted = Math.floor(index / words.length)
    if (wanted !== epoch) {
      epoch = wanted
      order = random.stream(epoch).shuffle([...words])
    }
    return order[index % words.length]!
  }
}
