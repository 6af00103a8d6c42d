import type { CriterionSummary, ModelSummary } from '@tinystories/grader'
import { formatScore } from './format.ts'
import { SeriesMarker } from './series-marker.tsx'

const ROW = 18
const WIDTH = 260
const [LEFT, RIGHT] = [10, 10]

/** A small chart for each criterion: each model's mean, and the interval that it may lie in. */
export function ScoresChart({ models }: { models: readonly ModelSummary[] }) {
  return (
    <div class="grade-charts">
      {models[0]!.criteria.map(({ name, label }) => (
        <figure key={name}>
          <figcaption>{label}</figcaption>
          <Chart
            label={label}
            rows={models.map(model => ({
              name: model.name,
              summary: model.criteria.find(each => each.name === name),
            }))}
          />
        </figure>
      ))}
    </div>
  )
}

interface ChartProps {
  label: string
  rows: readonly { name: string; summary: CriterionSummary | undefined }[]
}

function Chart({ label, rows }: ChartProps) {
  const { min = 0, max = 10 } = rows.find(({ summary }) => summary)?.summary ?? {}
  const x = (value: number): number =>
    LEFT + ((Math.min(max, Math.max(min, value)) - min) / (max - min)) * (WIDTH - LEFT - RIGHT)
  const bottom = rows.length * ROW + 6
  const said = rows.map(({ name, summary }) => `${name} ${formatScore(summary?.estimate.mean ?? Number.NaN)}`)
  return (
    <svg viewBox={`0 0 ${WIDTH} ${bottom + 16}`} role="img" aria-label={`${label}: ${said.join(', ')}`}>
      {[0, 0.25, 0.5, 0.75, 1].map(share => {
        const value = min + share * (max - min)
        return (
          <g key={share} class="grade-grid">
            <line x1={x(value)} x2={x(value)} y1={0} y2={bottom} />
            {share % 0.5 === 0 && (
              <text x={x(value)} y={bottom + 13} text-anchor="middle">
                {value}
              </text>
            )}
          </g>
        )
      })}
      {rows.map(({ name, summary }, i) => {
        const { mean = Number.NaN, interval } = summary?.estimate ?? {}
        if (!Number.isFinite(mean)) return null
        const [low, high] = interval ?? [Number.NaN, Number.NaN]
        const y = ROW / 2 + i * ROW + 2
        return (
          <g key={name} class={`grade-series-${i % 3}`}>
            <title>{`${name}: ${formatScore(mean)}, ${formatScore(low)} to ${formatScore(high)}`}</title>
            {Number.isFinite(low) && <line x1={x(low)} x2={x(high)} y1={y} y2={y} class="grade-whisker" />}
            <g transform={`translate(${x(mean)} ${y})`}>
              <SeriesMarker index={i} />
            </g>
          </g>
        )
      })}
    </svg>
  )
}
