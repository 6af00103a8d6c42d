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

  /** A free one in the thread that has the fewest texts. */
  take(): CacheSlot {
    const [taken, thread] = this.#taken
      .map((taken, thread) => [taken, thread] as const)
      .reduce((least, next) => (next[0].size < least[0].size ? next : least))
    let slot = 0
    while (taken.has(slot)) slot++
    taken.add(slot)
    return { thread, slot }
  }

  free({ thread, slot }: CacheSlot): void {
    this.#taken[thread]!.delete(slot)
  }
}
