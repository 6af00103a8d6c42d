/** Seconds of training, going on from an earlier sitting; unmoved by changes of the wall clock. */
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
