import type { MetricsLine } from '@tinystories/trainer'

export interface LossCurveOptions {
  title: string
  /** Pixels. Default 880 x 440. */
  width?: number
  height?: number
}

interface Point {
  x: number
  y: number
}

const margin = { left: 64, right: 24, top: 44, bottom: 48 }

/** The run's loss as an SVG picture: training (each step and smoothed) and held out, in bits per byte by step. */
export function lossCurve(
  lines: readonly MetricsLine[],
  { title, width = 880, height = 440 }: LossCurveOptions,
): string {
  const training: Point[] = []
  const heldOut: Point[] = []
  for (const line of lines) {
    if (line.type === 'sample') continue
    const points = line.type === 'step' ? training : heldOut
    points.push({ x: line.step, y: line.bitsPerByte })
  }
  const smoothed = smoothPoints(training)
  const ys = [...smoothed, ...heldOut].map(point => point.y)
  const lastStep = Math.max(1, ...training.map(point => point.x))
  const low = Math.floor(Math.min(...ys) * 5) / 5
  const high = Math.max(low + 0.2, Math.ceil(Math.max(...ys) * 5) / 5)
  const x = (step: number): number => margin.left + (step / lastStep) * (width - margin.left - margin.right)
  const y = (value: number): number =>
    margin.top + (1 - (value - low) / (high - low)) * (height - margin.top - margin.bottom)
  const path = (points: Point[]): string =>
    thin(points, 600)
      .map(
        (point, i) =>
          `${i === 0 ? 'M' : 'L'}${x(point.x).toFixed(1)} ${y(clamp(point.y, low, high)).toFixed(1)}`,
      )
      .join('')

  const yTicks = ticks(low, high, 6).map(
    value =>
      `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(value)}" y2="${y(value)}" stroke="#8884"/>` +
      `<text x="${margin.left - 8}" y="${y(value) + 4}" text-anchor="end">${value.toFixed(1)}</text>`,
  )
  const xTicks = ticks(0, lastStep, 6).map(
    value =>
      `<text x="${x(value)}" y="${height - margin.bottom + 20}" text-anchor="middle">${value.toLocaleString('en')}</text>`,
  )
  const best = heldOut.reduce<Point | undefined>((a, b) => (a && a.y <= b.y ? a : b), undefined)
  const bestMark = best
    ? `<circle cx="${x(best.x)}" cy="${y(best.y)}" r="4" fill="#d1495b"/>` +
      `<text x="${Math.min(x(best.x), width - 90)}" y="${y(best.y) - 10}" text-anchor="middle" fill="#d1495b">${best.y.toFixed(3)}</text>`
    : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#666">
<title>${escapeXml(title)}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${margin.left}" y="24" font-size="16" fill="#222">${escapeXml(title)}</text>
${[...yTicks, ...xTicks].join('\n')}
<text x="${width / 2}" y="${height - 8}" text-anchor="middle">step</text>
<text transform="translate(16 ${height / 2}) rotate(-90)" text-anchor="middle">bits per byte</text>
<path d="${path(training)}" fill="none" stroke="#30638e" stroke-opacity="0.25"/>
<path d="${path(smoothed)}" fill="none" stroke="#30638e" stroke-width="2"/>
<path d="${path(heldOut)}" fill="none" stroke="#d1495b" stroke-width="2" stroke-dasharray="5 3"/>
${bestMark}
<g transform="translate(${width - 190} 20)"><line x2="24" stroke="#30638e" stroke-width="2"/><text x="30" y="4">training</text><line x1="90" x2="114" stroke="#d1495b" stroke-width="2" stroke-dasharray="5 3"/><text x="120" y="4">held out</text></g>
</svg>
`
}

function smoothPoints(points: Point[]): Point[] {
  let mean: number | undefined
  return points.map(({ x, y }) => {
    mean = mean === undefined ? y : mean * 0.95 + y * 0.05
    return { x, y: mean }
  })
}

/** At most `count` points, evenly chosen, the last always among them. */
function thin(points: Point[], count: number): Point[] {
  const every = Math.ceil(points.length / count)
  return every <= 1 ? points : points.filter((_, i) => i % every === 0 || i === points.length - 1)
}

/** Round values between two ends, about `count` of them. */
function ticks(from: number, to: number, count: number): number[] {
  const rough = (to - from) / count
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * magnitude).find(candidate => candidate >= rough)!
  const values: number[] = []
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9; i++)
    values.push(Number((i * step).toPrecision(12)))
  return values
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"]/g, c => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c]!)
}
