/** Seconds of training, continuing those of earlier segments of the run; changes of the wall clock have no effect. */
export class Stopwatch {
  readonly #before: number
  readonly #started: number = performance.now()

  constructor(secondsBefore: number) {
    this.#before = secondsBefore
  }

  get seconds(): number {
    return this.#before + (performance.now() - this.#started) / 1000
  }
}
