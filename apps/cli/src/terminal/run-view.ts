import { brailleChart, type ChartPoint, chartMark } from './braille-chart.ts'
import { cyan, faint, yellow } from './colors.ts'

/** What a run shows of itself on a terminal. */
export interface RunView {
  /** Step, share done, time left: one line. */
  place: string
  /** Smoothed bits per byte of training by step, and the share of the run that lies behind the last. */
  training: readonly ChartPoint[]
  share: number
  heldOut: readonly ChartPoint[]
  tokensPerSecond: number
  /** Floating-point operations a token of training takes, and what the machine was measured to do in a second. */
  flopsPerToken?: number
  peakFlops?: number | undefined
  learningRate: number
  /** Bytes that the process holds. */
  memory: number
}

const chartHeight = 8
const labelWidth = 7

/** Rows of the view: what {@link drawRunView} returns. */
export const runViewHeight: number = chartHeight + 4

/** Draws the view in at most `columns` characters a row; held-out scores are dots beside the curve of training. */
export function drawRunView(
  view: RunView,
  columns: number,
  { colors = false }: { colors?: boolean } = {},
): string[] {
  const { training, heldOut, share } = view
  const width = Math.max(20, Math.min(columns - labelWidth - 3, 100))
  const [low, high] = range(training, heldOut)
  const last = training.at(-1)?.x ?? 1
  // The curve has the room that the run has taken; the rest of the width is what is still to come.
  const end = share > 0 ? last / share : last
  const chart = brailleChart(training, {
    width,
    height: chartHeight,
    from: { x: 0, y: low },
    to: { x: end, y: high },
    points: heldOut,
  })
  const label = (row: number): string => {
    if (row === 0) return high.toFixed(2)
    if (row === chartHeight - 1) return low.toFixed(2)
    return ''
  }
  const now = heldOut.at(-1)
  const best = heldOut.reduce<ChartPoint | undefined>((a, b) => (a && a.y <= b.y ? a : b), undefined)
  const rows = [
    view.place,
    ...chart.map(
      (row, i) => `${label(i).padStart(labelWidth)} ${i === 0 || i === chartHeight - 1 ? '┤' : '│'}${row}`,
    ),
    [
      `bits/byte ${training.at(-1)?.y.toFixed(3) ?? '-'} training`,
      now === undefined ? 'held out not yet measured' : `${now.y.toFixed(3)} held out ${chartMark}`,
      best === undefined ? '' : `best ${best.y.toFixed(3)} at step ${best.x.toLocaleString('en')}`,
    ]
      .filter(text => text !== '')
      .join('  '),
    [
      `${Math.round(view.tokensPerSecond).toLocaleString('en')} tokens/s`,
      ...utilisation(view),
      `${Math.round(view.memory / 2 ** 20).toLocaleString('en')} MiB`,
      `learning rate ${view.learningRate.toPrecision(2)}`,
    ].join('  '),
    '',
  ].map(row => row.slice(0, columns - 1))
  return colors ? rows.map(colored) : rows
}

/** The curve and what it stands at in one color, held-out scores in another; axes and the last row faint. */
function colored(row: string, i: number): string {
  if (i === 0 || row === '') return row
  if (i <= chartHeight) {
    const axis = row.slice(0, labelWidth + 2)
    const curve = row
      .slice(labelWidth + 2)
      .replaceAll(chartMark, yellow)
      .replaceAll(/[\u2801-\u28ff]+/g, cyan)
    return faint(axis) + curve
  }
  if (i > chartHeight + 1) return faint(row)
  return row.replace(/\S+ training/, cyan).replace(/\S+ held out •/, yellow)
}

function utilisation({ flopsPerToken, peakFlops, tokensPerSecond }: RunView): string[] {
  if (flopsPerToken === undefined) return []
  const flops = flopsPerToken * tokensPerSecond
  const rate = `${(flops / 1e9).toFixed(1)} GFLOP/s`
  return [
    peakFlops === undefined ? rate : `${rate} (${Math.round((flops / peakFlops) * 100)} % of the machine's)`,
  ]
}

/** What the chart spans: the first tenth of the points, which fall steeply, may stand at its upper edge. */
function range(training: readonly ChartPoint[], heldOut: readonly ChartPoint[]): [low: number, high: number] {
  const later = training.slice(Math.floor(training.length / 10))
  const values = [...later, ...heldOut].map(point => point.y)
  const low = Math.min(...values)
  const high = Math.max(...values)
  return [low, Math.max(high, low + 0.1)]
}
