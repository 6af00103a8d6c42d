import { mix } from '../stream/mix.ts'
import { RecentSet } from './recent-set.ts'

/** Finds stories whose text was there before, white space aside. */
export class ExactDuplicates {
  readonly #seen: RecentSet

  /** @param remember stories that are remembered at least, the newest ones */
  constructor(remember: number) {
    this.#seen = new RecentSet(remember)
  }

  /** True when the story is the first of its kind. */
  admit(text: string): boolean {
    const [low, high] = storyKey(text)
    return this.#seen.add(low, high)
  }
}

/** 64 bits that depend on the characters of a text that are not white space. Never both words zero. */
export function storyKey(text: string): [low: number, high: number] {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 0x20 || unit === 0xa0) continue
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x5bd1e995)
    high = (high << 13) | (high >>> 19)
  }
  return [mix(low) >>> 0, (mix(high) | 1) >>> 0]
}
