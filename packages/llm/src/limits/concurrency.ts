/**
 * How many calls may be under way: doubles with each round of answers until the server first refuses too many (slow
 * start), then falls by a quarter with each cut, by half with a deep one, and rises by one with each round of answers
 * (additive increase, multiplicative decrease).
 */
export class Concurrency {
  readonly #most: number
  #limit: number
  #isStarting = true

  constructor(most: number) {
    this.#most = most
    this.#limit = Math.min(most, 4)
  }

  /** Calls that may be under way, at least 1. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit + 1e-9))
  }

  answered(): void {
    this.#limit = Math.min(this.#most, this.#limit + (this.#isStarting ? 1 : 1 / this.#limit))
  }

  /**
   * Lowers the limit, not below what the server is working on: so many it takes.
   *
   * @param accepted calls under way that were not refused
   */
  cut(accepted: number, deeply: boolean): void {
    this.#isStarting = false
    this.#limit = Math.max(1, this.#limit * (deeply ? 0.5 : 0.75), Math.min(accepted, this.#limit - 1))
  }

  /** Takes cuts back. @param limit the limit before them */
  restore(limit: number): void {
    this.#limit = Math.max(this.#limit, limit)
  }
}
