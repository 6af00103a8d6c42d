import { mix } from '../stream/mix.ts'

const indexBits = 14
const registers = 2 ** indexBits

/**
 * Counts distinct things in 16 KiB, however many there are, to about 1 % (HyperLogLog, P. Flajolet and others, 2007, with
 * its linear counting for few).
 */
export class DistinctCounter {
  readonly #most = new Uint8Array(registers)

  /** @param hash 32 bits that depend on the thing, and 32 further ones */
  add(low: number, high: number): void {
    const index = low >>> (32 - indexBits)
    const rank = Math.clz32(mix(high)) + 1
    if (rank > this.#most[index]!) this.#most[index] = rank
  }

  get estimate(): number {
    let sum = 0
    let empty = 0
    for (const rank of this.#most) {
      sum += 2 ** -rank
      if (rank === 0) empty++
    }
    const raw = ((0.7213 / (1 + 1.079 / registers)) * registers * registers) / sum
    return Math.round(raw <= 2.5 * registers && empty > 0 ? registers * Math.log(registers / empty) : raw)
  }
}
