/**
 * How many calls may be under way: doubles with each round of answers until the server first refuses one (slow start),
 * then falls by a tenth with each round in which it refuses some, or by half when it refuses most, and rises by one with
 * each round in which it refuses none (additive increase, multiplicative decrease).
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
   * Lowers the limit. To be called once for the refusals of one round.
   *
   * @param underWay calls that were under way
   * @param deeply whether most calls of the round were refused
   */
  cut(underWay: number, deeply: boolean): void {
    this.#isStarting = false
    this.#limit = Math.max(1, Math.min(this.#limit, underWay) * (deeply ? 0.5 : 0.9))
  }
}
