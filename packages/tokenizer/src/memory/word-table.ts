import { enlarged } from './enlarged.ts'

/**
 * Hash table from words (runs of UTF-16 units) to entry numbers, without making a string for a look-up.
 * Keys lie end to end in one array, so an entry costs its letters and twelve bytes.
 */
export class WordTable {
  /** Number of distinct words. */
  size = 0
  /** Pairs of (hash, entry + 1); 0 is empty. The length is twice a power of two. */
  #slots: Int32Array
  #hashes: Int32Array
  #keys: Uint16Array
  #keyStarts: Int32Array

  constructor(capacity = 1024) {
    this.#slots = new Int32Array(capacity * 4)
    this.#hashes = new Int32Array(capacity)
    this.#keys = new Uint16Array(capacity * 8)
    this.#keyStarts = new Int32Array(capacity + 1)
  }

  /** Entry of the word `units[start, end)`, or -1. */
  find(units: Uint16Array, start: number, end: number, hash: number): number {
    const slots = this.#slots
    const mask = (slots.length >> 1) - 1
    const mixed = mix(hash)
    for (let slot = mixed & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot * 2 + 1]! - 1
      if (entry < 0) return -1
      if (slots[slot * 2] === mixed && this.#equals(entry, units, start, end)) return entry
    }
  }

  /** Adds a word that {@link find} did not find; returns its entry. Entries count up from 0. */
  add(units: Uint16Array, start: number, end: number, hash: number): number {
    const entry = this.size
    if (entry + 1 >= this.#keyStarts.length) this.#growEntries()
    const keyStart = this.#keyStarts[entry]!
    const length = end - start
    if (keyStart + length > this.#keys.length) {
      this.#keys = enlarged(this.#keys, Math.max(this.#keys.length * 2, keyStart + length))
    }
    for (let i = 0; i < length; i++) this.#keys[keyStart + i] = units[start + i]!
    this.#keyStarts[entry + 1] = keyStart + length
    const mixed = mix(hash)
    this.#hashes[entry] = mixed
    this.size++
    if (this.size * 4 > this.#slots.length) this.#growSlots()
    else this.#insert(mixed, entry)
    return entry
  }

  /** The word of an entry; good until the next word is added. */
  key(entry: number): Uint16Array {
    return this.#keys.subarray(this.#keyStarts[entry]!, this.#keyStarts[entry + 1]!)
  }

  /** Forgets every word and keeps the memory. */
  clear(): void {
    this.size = 0
    this.#slots.fill(0)
  }

  #equals(entry: number, units: Uint16Array, start: number, end: number): boolean {
    const keyStart = this.#keyStarts[entry]!
    if (this.#keyStarts[entry + 1]! - keyStart !== end - start) return false
    const keys = this.#keys
    for (let i = start, k = keyStart; i < end; i++, k++) {
      if (keys[k] !== units[i]!) return false
    }
    return true
  }

  #insert(hash: number, entry: number): void {
    const mask = (this.#slots.length >> 1) - 1
    let slot = hash & mask
    while (this.#slots[slot * 2 + 1] !== 0) slot = (slot + 1) & mask
    this.#slots[slot * 2] = hash
    this.#slots[slot * 2 + 1] = entry + 1
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let entry = 0; entry < this.size; entry++) this.#insert(this.#hashes[entry]!, entry)
  }

  #growEntries(): void {
    const size = this.#hashes.length * 2
    this.#hashes = enlarged(this.#hashes, size)
    this.#keyStarts = enlarged(this.#keyStarts, size + 1)
  }
}

/** Spreads a hash over its low bits, which choose the slot. */
function mix(hash: number): number {
  return hash ^ (hash >>> 15)
}
