import { ApiError } from './api-error.ts'

/** Lets some texts be generated at a time, and some wait for it. */
export class Admission {
  readonly #together: number
  readonly #most: number
  #admitted = 0
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** @param together texts that are generated at a time @param queue texts that may wait */
  constructor(together: number, queue: number) {
    this.#together = together
    this.#most = together + queue
  }

  /**
   * Takes the texts of a request in, all or none.
   *
   * @returns to be called when the request has ended
   * @throws ApiError 429 while there is no room, 400 where there never will be
   */
  admit(texts: number): () => void {
    if (texts > this.#most)
      throw new ApiError(
        `The request asks for ${texts} texts, and this server takes at most ${this.#most} at a time.`,
        { param: 'n' },
      )
    if (this.#admitted + texts > this.#most)
      throw new ApiError('The server is busy. Try again in a moment.', {
        status: 429,
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
      })
    this.#admitted += texts
    return () => {
      this.#admitted -= texts
    }
  }

  /** Waits for the turn of one text. @returns to be called when it is done @throws the reason of the signal */
  async turn(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#running === this.#together) await this.#wait(signal)
    else this.#running++
    return () => {
      // The turn is passed on, so that nobody comes between.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1)
        reject(signal.reason)
      }
      this.#waiting.push(start)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}
