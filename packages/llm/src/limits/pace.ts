/** Answers of so many milliseconds tell the present rate. */
const window = 3000

/**
 * A rate that is learned from refusals. There is none until a server refuses calls; then it is a tenth below the rate at
 * which the server answered, is back there after a second, and grows beyond ever faster (as CUBIC does in TCP), until
 * calls are refused again. Needed beside a limit of calls under way where a server answers quickly but seldom.
 */
export class Pace {
  readonly #startedAt: number
  #answers: number[] = []
  /** Answers per millisecond at the last cut. */
  #base = Number.POSITIVE_INFINITY
  #cutAt = 0
  #lastStart = Number.NEGATIVE_INFINITY
  /** Whether each of the last calls was refused. */
  #recent: boolean[] = []

  constructor(now: number) {
    this.#startedAt = now
  }

  /** Calls per millisecond. */
  rate(now: number): number {
    const seconds = (now - this.#cutAt) / 1000
    return seconds < 1 ? this.#base * (0.9 + 0.1 * seconds) : this.#base * (1 + 0.04 * (seconds - 1) ** 2)
  }

  /** Milliseconds until the next call may start. */
  wait(now: number): number {
    return Math.max(0, this.#lastStart + 1 / this.rate(now) - now)
  }

  started(now: number): void {
    // From when it could have started: a timer that rings late must not lower the rate. Bounded, so that no burst is saved up.
    const due = this.#lastStart + 1 / this.rate(now)
    this.#lastStart = Math.min(now, Math.max(due, now - 20))
  }

  answered(now: number): void {
    this.#answers.push(now)
    this.#note(false)
    if (this.#answers.length > 64 && this.#answers[32]! < now - window) this.#prune(now)
  }

  refused(): void {
    this.#note(true)
  }

  /** Lowers the rate when more than a tenth of the last calls were refused; a stray refusal says nothing about a rate. */
  cut(now: number): void {
    const refused = this.#recent.filter(Boolean).length
    if (refused <= this.#recent.length * 0.1) return
    this.#prune(now)
    const span = Math.max(250, Math.min(window, now - this.#startedAt))
    const measured = Math.max(1, this.#answers.length) / span
    this.#base = Math.min(this.rate(now), measured)
    this.#cutAt = now
  }

  #prune(now: number): void {
    this.#answers = this.#answers.filter(at => at >= now - window)
  }

  #note(refused: boolean): void {
    this.#recent.push(refused)
    if (this.#recent.length > 20) this.#recent.shift()
  }
}
