/** A cache for the keys and values of one text. */
export interface CacheSlot {
  thread: number
  slot: number
}

/** Gives caches out, the same ones again and again: their memory stays as long as the model. */
export class CacheSlots {
  readonly #taken: Set<number>[]

  constructor(threads: number) {
    this.#taken = Array.from({ length: threads }, () => new Set())
  }

  /** A free one, by default in the thread that has the fewest texts. */
  take(thread: number = this.#leastBusy()): CacheSlot {
    const taken = this.#taken[thread]!
    let slot = 0
    while (taken.has(slot)) slot++
    taken.add(slot)
    return { thread, slot }
  }

  #leastBusy(): number {
    return this.#taken.reduce((best, { size }, i) => (size < this.#taken[best]!.size ? i : best), 0)
  }

  free({ thread, slot }: CacheSlot): void {
    this.#taken[thread]!.delete(slot)
  }
}
