import type { MetricsLine, StepLine } from '@tinystories/trainer'
import type { ChartPoint } from './braille-chart.ts'
import { usesColors } from './colors.ts'
import { output, shown } from './output.ts'
import { drawRunView, runViewHeight } from './run-view.ts'

export interface ProgressOptions {
  stream?: NodeJS.WriteStream
  /** Share of the run that is done, 0 to 1. */
  shareDone(line: StepLine): number
  steps: number | undefined
  /** Operations of training one token, and those that the machine was measured to do in a second. */
  flopsPerToken?: number
  peakFlops?: number | undefined
}

/** Points of the curve that are kept: more than a terminal shows. */
const keptPoints = 2000

/**
 * Shows a run: a view with its curve that renews itself on a terminal (one line where that is low), a plain line
 * every five seconds elsewhere. Losses are smoothed (exponentially, over about 20 steps), rates are of the last seconds.
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
  /** Rows of the view that stands at the end of what is written. */
  #openRows = 0
  /** Draws it again, with what has come since. */
  #view: (() => string[]) | undefined
  #training: ChartPoint[] = []
  readonly #heldOut: ChartPoint[] = []

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#stream = options.stream ?? output()
  }

  update(line: MetricsLine): void {
    if (line.type === 'evaluation') {
      this.#heldOut.push({ x: line.step, y: line.bitsPerByte })
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
    this.#training.push({ x: line.step, y: this.#bitsPerByte })
    if (this.#training.length > keptPoints) this.#training = this.#training.filter((_, i) => i % 2 === 1)
    const now = performance.now()
    const interval = this.#stream.isTTY ? 100 : 5000
    if (now - this.#shownAt < interval && share < 1) return
    this.#shownAt = now
    this.#show(line, share)
  }

  /** A line of its own that stays. */
  note(note: string): void {
    const text = shown(note)
    this.#erase()
    const { isTTY, columns = 100 } = this.#stream
    this.#stream.write(`${isTTY ? wrapped(text, columns - 1) : text}\n`)
    if (this.#view) this.#draw(this.#view)
  }

  /** Ends the renewing view; what it showed last stays. */
  end(): void {
    this.#openRows = 0
    this.#view = undefined
  }

  #show(line: StepLine, share: number): void {
    const gained = share - (this.#startedShare ?? 0)
    const eta = gained > 0 ? ((1 - share) / gained) * (line.seconds - this.#startedSeconds) : undefined
    const of = this.#options.steps === undefined ? '' : `/${this.#options.steps}`
    const place = [`step ${line.step}${of}`, `${Math.min(100, Math.floor(share * 100))} %`]
    const left = `ETA ${eta === undefined ? '-' : formatDuration(eta)}`
    const { isTTY, columns = 100, rows = 24 } = this.#stream
    const colors = usesColors(this.#stream)
    if (isTTY && rows > runViewHeight + 1) {
      const view = {
        ...this.#options,
        place: [...place, left].join('  '),
        share,
        tokensPerSecond: this.#rate!,
        learningRate: line.learningRate,
        memory: process.memoryUsage.rss(),
      }
      this.#draw(() =>
        drawRunView({ ...view, training: this.#training, heldOut: this.#heldOut }, columns, { colors }),
      )
      return
    }
    const text = [
      ...place,
      `loss ${this.#loss!.toFixed(3)}`,
      `${this.#bitsPerByte.toFixed(3)} bits/byte`,
      `${Math.round(this.#rate!).toLocaleString('en')} tokens/s`,
      left,
    ].join('  ')
    if (isTTY) this.#draw(() => [text.slice(0, columns - 1)])
    else this.#stream.write(`${text}\n`)
  }

  /** Writes rows in place of those that stand there. */
  #draw(view: () => string[]): void {
    const rows = view()
    this.#erase()
    this.#stream.write(rows.map(row => `${row}\n`).join(''))
    this.#view = view
    this.#openRows = rows.length
  }

  #erase(): void {
    // Up to the first row of the view, and everything below it away.
    if (this.#openRows > 0) this.#stream.write(`\x1b[${this.#openRows}A\x1b[0J`)
    this.#openRows = 0
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

/** Breaks lines that are too long between words, where there are any. */
function wrapped(text: string, width: number): string {
  const atWords = new RegExp(`(.{1,${width}})(?: +|$)`, 'g')
  return text
    .split('\n')
    .map(line => (line.length <= width ? line : line.replaceAll(atWords, '$1\n').trimEnd()))
    .join('\n')
}
