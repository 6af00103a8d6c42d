import type { ChatServerOptions } from './chat-server-options.ts'

/** Counts requests against the limits of a server. */
export class ServerLimits {
  readonly #options: ChatServerOptions
  #level: number
  #filledAt: number = performance.now()
  #refusals = 0

  constructor(options: ChatServerOptions) {
    this.#options = options
    this.#level = this.#burst
  }

  get #burst(): number {
    const { burst, requestsPerSecond } = this.#options
    return Math.max(1, burst ?? requestsPerSecond ?? 1)
  }

  /**
   * Lets a request in, or not.
   *
   * @param underWay requests that are being answered
   * @returns undefined, or the headers of a 429
   */
  enter(underWay: number): Record<string, string> | undefined {
    const { requestsPerSecond, maxConcurrent } = this.#options
    if (maxConcurrent !== undefined && underWay >= maxConcurrent) return this.#refuse(20)
    if (requestsPerSecond === undefined) return undefined
    const now = performance.now()
    this.#level = Math.min(this.#burst, this.#level + ((now - this.#filledAt) / 1000) * requestsPerSecond)
    this.#filledAt = now
    if (this.#level < 1) return this.#refuse(((1 - this.#level) / requestsPerSecond) * 1000)
    this.#level--
    return undefined
  }

  #refuse(wait: number): Record<string, string> {
    const { retryAfter = 'seconds' } = this.#options
    const kind = retryAfter === 'mixed' ? kinds[this.#refusals++ % kinds.length] : retryAfter
    if (kind === 'milliseconds') return { 'retry-after-ms': String(Math.ceil(wait)) }
    if (kind === 'seconds') return { 'retry-after': String(Math.ceil(wait / 1000)) }
    if (kind === 'none') return {}
    // A date names whole seconds: the next one after the wait.
    return { 'retry-after': new Date(Math.ceil((Date.now() + wait) / 1000) * 1000).toUTCString() }
  }
}

const kinds = ['seconds', 'milliseconds', 'date', 'none'] as const
