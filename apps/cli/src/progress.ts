import type { MetricsLine, StepLine } from '@tinystories/trainer'

export interface ProgressOptions {
  stream?: NodeJS.WriteStream
  /** Share of the run that is done, 0 to 1. */
  shareDone(line: StepLine): number
  steps: number | undefined
}

/**
 * Shows a run: one line that renews itself on a terminal, a plain line every five seconds elsewhere. Losses are
 * smoothed (exponentially, over about 20 steps), rates are of the last seconds.
 */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #options: ProgressOptions
  #loss: number | undefined
  #bitsPerByte = 0
  #shownAt = Number.NEGATIVE_INFINITY
  #rate: number | undefined
  #startedShare: number | undefined
  #startedSeconds = 0
  #open = false

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#stream = options.stream ?? process.stdout
  }

  update(line: MetricsLine): void {
    if (line.type === 'evaluation') {
      this.note(
        `step ${line.step}  held out: ${line.nats.toFixed(3)} nats/token, ${line.bitsPerByte.toFixed(3)} bits/byte, ${(line.accuracy * 100).toFixed(1)} % right`,
      )
      return
    }
    if (line.type === 'sample') {
      this.note(`step ${line.step}  it writes: ${line.text.replaceAll(/\s+/g, ' ')}`)
      return
    }
    const share = this.#options.shareDone(line)
    if (this.#startedShare === undefined) {
      this.#startedShare = share
      this.#startedSeconds = line.seconds
    }
    this.#loss = smooth(this.#loss, line.loss, 0.05)
    this.#bitsPerByte = (this.#loss / line.loss) * line.bitsPerByte
    this.#rate = smooth(this.#rate, line.tokensPerSecond, 0.1)
    const now = performance.now()
    const interval = this.#stream.isTTY ? 100 : 5000
    if (now - this.#shownAt < interval && share < 1) return
    this.#shownAt = now
    this.#show(line, share)
  }

  /** A line of its own that stays. */
  note(text: string): void {
    this.#close()
    this.#stream.write(`${text}\n`)
  }

  /** Ends the renewing line. */
  end(): void {
    this.#close()
  }

  #show(line: StepLine, share: number): void {
    const gained = share - (this.#startedShare ?? 0)
    const eta = gained > 0 ? ((1 - share) / gained) * (line.seconds - this.#startedSeconds) : undefined
    const of = this.#options.steps === undefined ? '' : `/${this.#options.steps}`
    const text = [
      `step ${line.step}${of}`,
      `${Math.min(100, Math.floor(share * 100))} %`,
      `loss ${this.#loss!.toFixed(3)}`,
      `${this.#bitsPerByte.toFixed(3)} bits/byte`,
      `${Math.round(this.#rate!).toLocaleString('en')} tokens/s`,
      `ETA ${eta === undefined ? '-' : formatDuration(eta)}`,
    ].join('  ')
    if (this.#stream.isTTY) {
      this.#stream.write(`\r${text.slice(0, (this.#stream.columns || 100) - 1)}\x1b[K`)
      this.#open = true
    } else {
      this.#stream.write(`${text}\n`)
    }
  }

  #close(): void {
    if (this.#open) this.#stream.write('\n')
    this.#open = false
  }
}

/** `75` -> `1:15`, `4000` -> `1:06:40`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

function smooth(before: number | undefined, value: number, weight: number): number {
  return before === undefined ? value : before * (1 - weight) + value * weight
}
