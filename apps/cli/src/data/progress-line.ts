import { formatDuration } from '../progress.ts'

/** What a {@link ProgressLine} shows. */
export interface Share {
  done: number
  /** Undefined where it is not known. */
  total: number | undefined
}

/** One line that renews itself on a terminal, a plain line every five seconds elsewhere. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream
  readonly #began = performance.now()
  #first: number | undefined
  #shownAt = performance.now()
  #open = false

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
  }

  /** @param text makes the line's text; only called when it is shown */
  update({ done, total }: Share, text: () => string): void {
    // What an earlier run had done says nothing about the speed of this one.
    this.#first ??= done
    const now = performance.now()
    if (now - this.#shownAt < (this.#stream.isTTY ? 100 : 5000)) return
    this.#shownAt = now
    const gained = done - this.#first
    const share = total === undefined ? '' : `${Math.min(100, Math.floor((done / total) * 100))} %  `
    const left =
      total === undefined || gained <= 0
        ? ''
        : `  ETA ${formatDuration(((total - done) / gained) * ((now - this.#began) / 1000))}`
    const line = `${share}${text()}${left}`
    if (this.#stream.isTTY) {
      this.#stream.write(`\r${line.slice(0, (this.#stream.columns || 100) - 1)}\x1b[K`)
      this.#open = true
    } else this.#stream.write(`${line}\n`)
  }

  /** Takes the renewing line away. */
  end(): void {
    if (this.#open) this.#stream.write('\r\x1b[K')
    this.#open = false
  }
}
