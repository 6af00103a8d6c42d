/** The newest of the keys added: at least `capacity` of them, at most twice as many. */
export class RecentSet {
  readonly #capacity: number
  #young: KeyTable
  #old: KeyTable | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#young = new KeyTable(Math.min(capacity, 1024))
  }

  /** Adds a key of 64 bits; false when it was there already. */
  add(low: number, high: number): boolean {
    if (this.#old?.has(low, high) || this.#young.has(low, high)) return false
    if (this.#young.size === this.#capacity) {
      this.#old = this.#young
      this.#young = new KeyTable(this.#capacity)
    }
    this.#young.add(low, high)
    return true
  }
}

/** Keys of 64 bits by open addressing, at most half full; it grows. */
class KeyTable {
  size = 0
  #low: Uint32Array
  #high: Uint32Array

  constructor(expected: number) {
    const slots = 2 ** Math.ceil(Math.log2(expected * 2))
    this.#low = new Uint32Array(slots)
    this.#high = new Uint32Array(slots)
  }

  has(low: number, high: number): boolean {
    return this.#taken(this.#slot(low, high))
  }

  /** The key must be new. */
  add(low: number, high: number): void {
    if (this.size * 2 >= this.#low.length) this.#grow()
    const slot = this.#slot(low, high)
    this.#low[slot] = low
    this.#high[slot] = high
    this.size++
  }

  /** Both words zero mark a free slot; the one key that would be both is never made, see storyKey. */
  #taken(slot: number): boolean {
    return this.#low[slot] !== 0 || this.#high[slot] !== 0
  }

  #slot(low: number, high: number): number {
    const mask = this.#low.length - 1
    let slot = low & mask
    while (this.#taken(slot) && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const [low, high] = [this.#low, this.#high]
    this.#low = new Uint32Array(low.length * 2)
    this.#high = new Uint32Array(low.length * 2)
    for (let i = 0; i < low.length; i++) {
      if (low[i] === 0 && high[i] === 0) continue
      const slot = this.#slot(low[i]!, high[i]!)
      this.#low[slot] = low[i]!
      this.#high[slot] = high[i]!
    }
  }
}
