import { useRef } from 'preact/hooks'
import { useWidth } from '../parts/use-width.ts'

/** Shares of probe items with their intervals. */
export interface SharesRow {
  label: string
  /** What knowing nothing would give. */
  chance?: number | undefined
  /** For each series, in their order. */
  points: { accuracy: number; low: number; high: number }[]
}

interface SharesChartProps {
  rows: readonly SharesRow[]
  series: readonly string[]
  label: string
}

const LINE = 15

/** A line for each row and series: a dot in its interval, from 0 to 100 %; a dash where chance is. */
export function SharesChart({ rows, series, label }: SharesChartProps) {
  const box = useRef<HTMLElement>(null)
  const width = useWidth(box)
  const left = Math.min(110, width.value * 0.28)
  const x = (share: number): number => left + share * (width.value - left - 12)
  const rowHeight = series.length * LINE + 18
  const height = rows.length * rowHeight
  return (
    <figure class="chart" ref={box}>
      <svg width={width.value} height={height + 22} role="img" aria-label={label}>
        {[0, 0.25, 0.5, 0.75, 1].map(share => (
          <g key={share}>
            <line class="grid" x1={x(share)} x2={x(share)} y1={0} y2={height} />
            <text x={x(share)} y={height + 16} text-anchor={share === 1 ? 'end' : 'middle'}>
              {share * 100}
              {share === 1 && ' %'}
            </text>
          </g>
        ))}
        {rows.map((row, i) => (
          <g key={row.label} transform={`translate(0 ${i * rowHeight + 9})`}>
            <text class="row-label" x={0} y={(series.length * LINE) / 2 + 4}>
              {row.label}
            </text>
            {row.chance !== undefined && (
              <line
                class="chance"
                x1={x(row.chance)}
                x2={x(row.chance)}
                y1={-3}
                y2={series.length * LINE + 3}
              />
            )}
            {row.points.map(({ accuracy, low, high }, j) => (
              <g key={series[j]} class={`series-${j}`}>
                <line class="interval" x1={x(low)} x2={x(high)} y1={j * LINE + 7} y2={j * LINE + 7} />
                <circle cx={x(accuracy)} cy={j * LINE + 7} r={4.5} />
              </g>
            ))}
          </g>
        ))}
      </svg>
      <figcaption>
        {series.length > 1 &&
          series.map((name, j) => (
            <span key={name} class={`dot-key series-${j}`}>
              {name}
            </span>
          ))}
        <span class="chance-key">chance</span>
      </figcaption>
      <div class="visually-hidden">
        <table>
          <caption>{label}</caption>
          <tbody>
            {rows.map(row => (
              <tr key={row.label}>
                <th scope="row">{row.label}</th>
                {row.points.map(({ accuracy, low, high }, j) => (
                  <td key={series[j]}>
                    {series[j]}: {Math.round(accuracy * 100)} % ({Math.round(low * 100)} to{' '}
                    {Math.round(high * 100)})
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}

/** What the probes of each kind ask. */
export const probeLabels: Readonly<Record<string, string>> = {
  grammar: 'grammar',
  facts: 'facts',
  reasoning: 'reasoning',
  context: 'context',
}
