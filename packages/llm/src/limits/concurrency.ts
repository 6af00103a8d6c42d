/**
 * How many calls may be under way: doubles with each round of answers until the server first refuses one (slow start),
 * then falls by a tenth with each round in which it refuses some, or by half when it refuses most, and rises by one with
 * each round in which it refuses none (additive increase, multiplicative decrease).
 */
export class Concurrency {
  readonly #most: number
  #limit: number
  #isStarting = true
  #answered = 0
  #refused = 0

  constructor(most: number) {
    this.#most = most
    this.#limit = Math.min(most, 4)
  }

  /** Calls that may be under way, at least 1. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit + 1e-9))
  }

  answered(): void {
    this.#answered++
    this.#limit = Math.min(this.#most, this.#limit + (this.#isStarting ? 1 : 1 / this.#limit))
  }

  /** A call was refused; it counts in the next {@link cut}. */
  refused(): void {
    this.#refused++
  }

  /** Lowers the limit. To be called once for the refusals of one round. @param underWay calls that were under way */
  cut(underWay: number): void {
    const factor = this.#refused > this.#answered ? 0.5 : 0.9
    this.#isStarting = false
    this.#limit = Math.max(1, Math.min(this.#limit, underWay) * factor)
    this.#answered = 0
    this.#refused = 0
  }
}
