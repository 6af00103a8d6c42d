import { shown } from './output.ts'
import { formatDuration } from './progress.ts'

/** How far something is. */
export interface Share {
  done: number
  /** Undefined where it is not known. */
  total: number | undefined
}

export interface ProgressLineOptions {
  stream?: NodeJS.WriteStream
  /** Whether the last state stays when it ends. Default: on a terminal the line is taken away. */
  keep?: boolean
}

/**
 * One line that renews itself on a terminal, a plain line every five seconds elsewhere: there `TINYSTORIES_PROGRESS=0`
 * leaves out those, so that what is logged does not depend on the speed of the machine.
 */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream
  readonly #keep: boolean
  readonly #renews: boolean
  /** Milliseconds between two lines. */
  readonly #interval: number
  readonly #began = performance.now()
  #first: number | undefined
  #shownAt = performance.now()
  #open = false

  constructor({ stream = process.stderr, keep = false }: ProgressLineOptions = {}) {
    this.#stream = stream
    this.#keep = keep
    this.#renews = stream.isTTY && process.env.TERM !== 'dumb'
    const plain = process.env.TINYSTORIES_PROGRESS === '0' ? Number.POSITIVE_INFINITY : 5000
    this.#interval = this.#renews ? 100 : plain
  }

  /**
   * Shows how far it is, with the time left.
   *
   * @param text makes the line's text; only called when it is shown
   */
  update({ done, total }: Share, text: () => string): void {
    // What an earlier run had done says nothing about the speed of this one.
    this.#first ??= done
    if (!this.#isDue()) return
    const gained = done - this.#first
    const share = total === undefined ? '' : `${Math.min(100, Math.floor((done / total) * 100))} %  `
    const left =
      total === undefined || gained <= 0
        ? ''
        : `  ETA ${formatDuration(((total - done) / gained) * ((performance.now() - this.#began) / 1000))}`
    this.#write(`${share}${text()}${left}`)
  }

  /** Shows a text. @param atOnce in any case, and not only when it is time for the next */
  show(text: string, atOnce = false): void {
    if (atOnce || this.#isDue()) this.#write(text)
  }

  /** Ends the line, or takes it away. */
  end(): void {
    if (this.#open) this.#stream.write(this.#keep ? '\n' : '\r\x1b[K')
    this.#open = false
  }

  #isDue(): boolean {
    return performance.now() - this.#shownAt >= this.#interval
  }

  #write(line: string): void {
    const text = shown(line)
    this.#shownAt = performance.now()
    if (this.#renews) {
      this.#stream.write(`\r${text.slice(0, (this.#stream.columns || 100) - 1)}\x1b[K`)
      this.#open = true
    } else this.#stream.write(`${text}\n`)
  }
}
