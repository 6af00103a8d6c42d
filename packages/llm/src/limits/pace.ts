/** So many answers tell the present rate, but none older than `window` (milliseconds). */
const few = 20
const window = 3000
/** Milliseconds between two cuts; answers of half as many are counted at least. */
const shortest = 500

/**
 * A rate that is learned from refusals. There is none until a server refuses calls; then it is a tenth below the rate at
 * which the server answered, is back there after a second, and grows beyond ever faster (as CUBIC does in TCP), until
 * calls are refused again. Needed beside a limit of calls under way where a server answers quickly but seldom.
 */
export class Pace {
  #answers: number[] = []
  /** Answers per millisecond at the last cut. */
  #base = Number.POSITIVE_INFINITY
  #cutAt = Number.NEGATIVE_INFINITY
  #firstStart = Number.POSITIVE_INFINITY
  #lastStart = Number.NEGATIVE_INFINITY

  /** Calls per millisecond. */
  rate(now: number): number {
    if (this.#base === Number.POSITIVE_INFINITY) return this.#base
    const seconds = (now - this.#cutAt) / 1000
    return seconds < 1 ? this.#base * (0.9 + 0.1 * seconds) : this.#base * 2 ** (((seconds - 1) / 2) ** 2)
  }

  /** Milliseconds until the next call may start. */
  wait(now: number): number {
    return Math.max(0, this.#lastStart + 1 / this.rate(now) - now)
  }

  started(now: number): void {
    this.#firstStart = Math.min(this.#firstStart, now)
    // From when it could have started: a timer that rings late must not lower the rate. Bounded, so that no burst is saved up.
    const due = this.#lastStart + 1 / this.rate(now)
    this.#lastStart = Math.min(now, Math.max(due, now - 20))
  }

  answered(now: number): void {
    this.#answers.push(now)
    if (this.#answers.length > 2 * few)
      this.#answers = this.#answers.filter(
        (at, i, { length }) => i >= length - few || at >= now - shortest / 2,
      )
  }

  /** Lowers the rate to the one at which the server answers. */
  cut(now: number): void {
    if (now - this.#cutAt < shortest) return
    const oldest = this.#answers[Math.max(0, this.#answers.length - few)] ?? 0
    const from = Math.max(this.#firstStart, now - window, Math.min(oldest, now - shortest / 2))
    const span = Math.max(50, now - from)
    const measured = this.#answers.filter(at => at >= from).length / span
    // Before the first cut calls double with each round, so that the average lags behind by as much.
    const ahead = this.#base === Number.POSITIVE_INFINITY ? 2 : 1
    this.#base = Math.max(measured * ahead, 1 / window)
    this.#cutAt = now
  }

  /** Forgets the rate: refusals had nothing to do with it. */
  reset(): void {
    this.#base = Number.POSITIVE_INFINITY
  }
}
