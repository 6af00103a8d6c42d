/**
 * A limit of so many units a minute, spent evenly: units come back all the time, and no more than half a
 * second's worth can be saved up, so that a server which counts by the second has room for calls that arrive in bunches.
 */
export class TokenBucket {
  readonly #perMillisecond: number
  readonly #capacity: number
  #level: number
  #filledAt: number

  constructor(perMinute: number, now: number) {
    this.#perMillisecond = perMinute / 60_000
    this.#capacity = Math.max(1, perMinute / 120)
    this.#level = this.#capacity
    this.#filledAt = now
  }

  /** Milliseconds until so many units may be taken. More than the bucket holds may be taken when it is full. */
  wait(units: number, now: number): number {
    this.#fill(now)
    const missing = Math.min(units, this.#capacity) - this.#level
    // What is left of rounding is no reason to wait.
    return missing > 1e-9 ? missing / this.#perMillisecond : 0
  }

  /** Takes units, or gives them back where negative; the level may fall below zero. */
  take(units: number, now: number): void {
    this.#fill(now)
    this.#level = Math.min(this.#capacity, this.#level - units)
  }

  #fill(now: number): void {
    this.#level = Math.min(this.#capacity, this.#level + (now - this.#filledAt) * this.#perMillisecond)
    this.#filledAt = now
  }
}
