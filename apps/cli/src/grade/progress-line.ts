/** One line that renews itself on a terminal, a plain line every five seconds elsewhere. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream
  #shownAt = Number.NEGATIVE_INFINITY
  #open = false

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream
  }

  /** @param last shows it in any case */
  show(text: string, last = false): void {
    const now = performance.now()
    if (!last && now - this.#shownAt < (this.#stream.isTTY ? 100 : 5000)) return
    this.#shownAt = now
    if (this.#stream.isTTY) {
      this.#stream.write(`\r${text.slice(0, (this.#stream.columns || 100) - 1)}\x1b[K`)
      this.#open = true
    } else {
      this.#stream.write(`${text}\n`)
    }
    if (last) this.end()
  }

  end(): void {
    if (this.#open) this.#stream.write('\n')
    this.#open = false
    this.#shownAt = Number.NEGATIVE_INFINITY
  }
}
