import { onAbort } from '@tinystories/utils/retry'
import type { Clock } from './clock.ts'
import { Concurrency } from './concurrency.ts'
import { Pace } from './pace.ts'
import { RefusalMonitor } from './refusal-monitor.ts'
import { TokenBucket } from './token-bucket.ts'

/** The right to make one attempt; must be ended by one of its functions. */
export interface Pass {
  /** The server answered, whatever the answer is worth. @param tokens what the exchange counted, where known */
  answered(tokens?: number): void
  /** The server refused the call for its limits. @param wait milliseconds it asked to wait */
  refused(wait: number): void
  /** The attempt failed for another reason. */
  failed(): void
  /** No attempt was made. */
  unused(): void
}

/** Options of {@link Gate}. */
export interface GateOptions {
  maxConcurrency: number
  requestsPerMinute?: number | undefined
  tokensPerMinute?: number | undefined
  clock: Clock
}

interface Waiting {
  tokens: number
  enter(): void
}

/** After so many refusals in a row, and silence for two answers' time, the server is taken at its word and left alone. */
const refusalsThatClose = 3

/** Lets calls through in the order they came, no more and no faster than the given and the learned limits allow. */
export class Gate {
  readonly #concurrency: Concurrency
  readonly #pace: Pace
  readonly #requests: TokenBucket | undefined
  readonly #tokens: TokenBucket | undefined
  readonly #queue: Waiting[] = []
  #underWay = 0
  #closedUntil = 0
  readonly #monitor = new RefusalMonitor()
  #cutAt = Number.NEGATIVE_INFINITY
  #limitBeforeCuts = 0
  #refusedInRow = 0
  #answeredAt: number
  /** Milliseconds an answer takes, smoothed. */
  #latency = 0
  readonly #clock: Clock
  #timer: AbortController | undefined

  constructor({ maxConcurrency, requestsPerMinute, tokensPerMinute, clock }: GateOptions) {
    this.#clock = clock
    const now = clock.now()
    this.#concurrency = new Concurrency(maxConcurrency)
    this.#pace = new Pace()
    this.#answeredAt = now
    this.#requests = requestsPerMinute === undefined ? undefined : new TokenBucket(requestsPerMinute, now)
    this.#tokens = tokensPerMinute === undefined ? undefined : new TokenBucket(tokensPerMinute, now)
  }

  /** Calls that may be under way at present. */
  get concurrency(): number {
    return this.#concurrency.limit
  }

  /**
   * Waits for its turn.
   *
   * @param tokens what the call will probably count
   * @param first true to come before those who wait: for a call that was let through before
   */
  enter(tokens: number, first: boolean, signal: AbortSignal): Promise<Pass> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason)
        return
      }
      const leave = (): void => {
        const at = this.#queue.indexOf(waiting)
        if (at >= 0) this.#queue.splice(at, 1)
        reject(signal.reason)
      }
      const waiting: Waiting = {
        tokens,
        enter: () => {
          stopListening()
          resolve(this.#pass(tokens))
        },
      }
      const stopListening = onAbort(signal, leave)
      if (first) this.#queue.unshift(waiting)
      else this.#queue.push(waiting)
      this.#pump()
    })
  }

  #pump(): void {
    this.#timer?.abort()
    this.#timer = undefined
    while (this.#queue.length > 0 && this.#underWay < this.#concurrency.limit) {
      const now = this.#clock.now()
      const wait = this.#wait(this.#queue[0]!.tokens, now)
      if (wait > 0) {
        this.#timer = new AbortController()
        this.#clock.sleep(Math.ceil(wait), this.#timer.signal).then(
          () => this.#pump(),
          () => {},
        )
        return
      }
      this.#queue.shift()!.enter()
    }
  }

  #wait(tokens: number, now: number): number {
    return Math.max(
      this.#closedUntil - now,
      this.#pace.wait(now),
      this.#requests?.wait(1, now) ?? 0,
      this.#tokens?.wait(tokens, now) ?? 0,
    )
  }

  #pass(tokens: number): Pass {
    const startedAt = this.#clock.now()
    this.#underWay++
    this.#pace.started(startedAt)
    this.#requests?.take(1, startedAt)
    this.#tokens?.take(tokens, startedAt)
    const end = (what: (now: number) => void) => (): void => {
      const now = this.#clock.now()
      what(now)
      this.#underWay--
      this.#pump()
    }
    return {
      answered: counted =>
        end(now => {
          if (counted !== undefined) this.#tokens?.take(counted - tokens, now)
          this.#answered(now, startedAt)
        })(),
      refused: wait => end(now => this.#refused(now, startedAt, wait))(),
      failed: end(() => {}),
      unused: end(now => {
        this.#requests?.take(-1, now)
        this.#tokens?.take(-tokens, now)
      }),
    }
  }

  #answered(now: number, startedAt: number): void {
    this.#concurrency.answered()
    this.#pace.answered(now)
    this.#latency += (now - startedAt - this.#latency) / 8
    this.#answeredAt = now
    this.#refusedInRow = 0
    this.#judge(false, now, startedAt)
  }

  #refused(now: number, startedAt: number, wait: number): void {
    this.#refusedInRow++
    const silence = now - this.#answeredAt
    if (this.#refusedInRow >= refusalsThatClose && silence > Math.max(100, 2 * this.#latency)) {
      this.#closedUntil = Math.max(this.#closedUntil, now + wait)
    }
    this.#judge(true, now, startedAt)
  }

  #judge(isRefused: boolean, now: number, startedAt: number): void {
    // Calls that left before the last cut say nothing of what it did.
    if (startedAt < this.#cutAt) return
    const verdict = this.#monitor.note(isRefused, this.#concurrency.limit, now)
    if (verdict === 'wait') return
    if (verdict === 'undo') {
      this.#concurrency.restore(this.#limitBeforeCuts)
      this.#pace.reset()
      return
    }
    if (verdict === 'first cut') this.#limitBeforeCuts = this.#concurrency.limit
    this.#pace.cut(now)
    this.#concurrency.cut(this.#underWay - 1, this.#monitor.isDeep)
    this.#cutAt = now
  }
}
