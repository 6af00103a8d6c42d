import { mix } from '../stream/mix.ts'
import type { Story } from '../stream/story.ts'
import { DistinctCounter } from './distinct-counter.ts'
import { partsOfSpeech, type StoryVocabulary } from './vocabulary.ts'

/** How diverse stories are. */
export interface DiversityReport {
  stories: number
  /** Words of a story on average. */
  wordsPerStory: number
  /** Of each list of the vocabulary, how many words were asked for at least once. */
  coverage: Record<(typeof partsOfSpeech)[number], { used: number; of: number }>
  /** Different words in the texts, in lower case (to about 1 %). */
  distinctWords: number
  /** Different n-grams of words for each n-gram there is, for n of 1 to 4; 1 means that none comes twice (to about 1 %). */
  distinctShare: Record<1 | 2 | 3 | 4, number>
  /** How many stories were asked for each feature. */
  features: Record<string, number>
}

const sizes = [1, 2, 3, 4] as const

/** Counts how diverse stories are, as they come, in bounded memory. */
export class Diversity {
  readonly #vocabulary: StoryVocabulary
  readonly #asked = new Set<string>()
  readonly #distinct = sizes.map(() => new DistinctCounter())
  readonly #grams = sizes.map(() => 0)
  readonly #features: Record<string, number> = {}
  #stories = 0

  constructor(vocabulary: StoryVocabulary) {
    this.#vocabulary = vocabulary
  }

  add({ text, words = [], features = [] }: Story): void {
    this.#stories++
    for (const word of words) this.#asked.add(word)
    for (const feature of features) this.#features[feature] = (this.#features[feature] ?? 0) + 1
    const hashes = (text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu) ?? []).map(hash)
    for (const [i, size] of sizes.entries()) {
      for (let at = 0; at + size <= hashes.length; at++) {
        let low: number = size
        let high = 0x9e3779b9
        for (let k = 0; k < size; k++) {
          low = mix(Math.imul(low, 31) + hashes[at + k]!)
          high = mix(Math.imul(high, 37) ^ hashes[at + k]!)
        }
        this.#distinct[i]!.add(low, high)
        this.#grams[i]!++
      }
    }
  }

  report(): DiversityReport {
    const share = (i: number): number =>
      this.#grams[i] === 0 ? 0 : Math.min(1, this.#distinct[i]!.estimate / this.#grams[i]!)
    const coverage = partsOfSpeech.map(part => {
      const list = this.#vocabulary[part]
      return [part, { used: list.filter(word => this.#asked.has(word)).length, of: list.length }] as const
    })
    return {
      stories: this.#stories,
      wordsPerStory: this.#stories === 0 ? 0 : this.#grams[0]! / this.#stories,
      coverage: Object.fromEntries(coverage) as DiversityReport['coverage'],
      distinctWords: this.#distinct[0]!.estimate,
      distinctShare: { 1: share(0), 2: share(1), 3: share(2), 4: share(3) },
      features: { ...this.#features },
    }
  }
}

/** FNV-1a. */
function hash(word: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < word.length; i++) value = Math.imul(value ^ word.charCodeAt(i), 0x01000193)
  return value
}
