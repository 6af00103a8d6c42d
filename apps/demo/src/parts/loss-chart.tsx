import { useSignal } from '@preact/signals'
import { useMemo, useRef } from 'preact/hooks'
import type { CurvePoint } from '../panels/train/training.ts'
import { useWidth } from './use-width.ts'

interface LossChartProps {
  curve: readonly CurvePoint[]
  heldOut: readonly CurvePoint[]
}

const HEIGHT = 260
const MARGIN = { left: 40, right: 12, top: 12, bottom: 28 }

/** Bits per byte over steps: faint for each batch, strong their running mean, dots for held-out stories. */
export function LossChart({ curve, heldOut }: LossChartProps) {
  const box = useRef<HTMLElement>(null)
  const width = useWidth(box).value
  const pointed = useSignal<number | undefined>(undefined)
  const mean = useMemo(() => runningMean(curve), [curve])
  const last = curve.at(-1)?.step ?? 1
  const values = [...mean.map(point => point.bitsPerByte), ...heldOut.map(point => point.bitsPerByte)]
  const high = Math.max(1, ...curve.slice(0, 3).map(point => point.bitsPerByte), ...values)
  const low = Math.min(high - 0.5, ...curve.map(point => point.bitsPerByte), ...values)
  const checks = niceTicks(low, high)
  const bottom = Math.min(low, checks[0] ?? low)
  const x = (step: number): number =>
    MARGIN.left + ((width - MARGIN.left - MARGIN.right) * step) / Math.max(1, last)
  const y = (value: number): number =>
    MARGIN.top + ((HEIGHT - MARGIN.top - MARGIN.bottom) * (high - value)) / Math.max(0.01, high - bottom)
  const line = (points: readonly CurvePoint[]): string =>
    points
      .map((point, i) => `${i ? 'L' : 'M'}${x(point.step).toFixed(1)} ${y(point.bitsPerByte).toFixed(1)}`)
      .join('')
  const at = pointed.value === undefined ? undefined : mean[pointed.value]
  const latest = mean.at(-1)

  return (
    <figure class="loss-chart" ref={box}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={
          latest
            ? `Bits per byte over steps, now ${latest.bitsPerByte.toFixed(2)} at step ${latest.step}`
            : 'Bits per byte over steps; no data yet'
        }
        onPointerMove={event => {
          const from = event.clientX - event.currentTarget.getBoundingClientRect().left
          const step = ((from - MARGIN.left) / (width - MARGIN.left - MARGIN.right)) * last
          const found = mean.findIndex(point => point.step >= step)
          pointed.value = mean.length === 0 ? undefined : found < 0 ? mean.length - 1 : found
        }}
        onPointerLeave={() => {
          pointed.value = undefined
        }}
      >
        {checks.map(tick => (
          <g key={tick}>
            <line class="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text x={MARGIN.left - 8} y={y(tick) + 4} text-anchor="end">
              {tick.toFixed(1)}
            </text>
          </g>
        ))}
        <text x={MARGIN.left} y={HEIGHT - 6}>
          step 0
        </text>
        <text x={width - MARGIN.right} y={HEIGHT - 6} text-anchor="end">
          {last.toLocaleString('en')}
        </text>
        <path class="each" d={line(curve.filter(point => point.bitsPerByte <= high))} />
        <path class="mean" d={line(mean)} />
        {heldOut.map(point => (
          <circle key={point.step} class="held-out" cx={x(point.step)} cy={y(point.bitsPerByte)} r={3.5} />
        ))}
        {at && (
          <g class="pointer">
            <line x1={x(at.step)} x2={x(at.step)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} />
            <circle cx={x(at.step)} cy={y(at.bitsPerByte)} r={4} />
          </g>
        )}
      </svg>
      <figcaption>
        <span class="key mean">training</span>
        <span class="key held-out">held-out stories</span>
        <span class="figure">
          {at
            ? `step ${at.step.toLocaleString('en')}: ${at.bitsPerByte.toFixed(3)} bits per byte`
            : 'bits per byte, lower is better'}
        </span>
      </figcaption>
    </figure>
  )
}

/** Over the last fifteen batches or so; fewer at the start, where the loss falls fast. */
function runningMean(points: readonly CurvePoint[]): CurvePoint[] {
  let mean = 0
  return points.map(({ step, bitsPerByte }, i) => {
    mean += (bitsPerByte - mean) * Math.max(0.07, 1 / (1 + i / 3))
    return { step, bitsPerByte: mean }
  })
}

function niceTicks(low: number, high: number): number[] {
  const step = [0.1, 0.2, 0.5, 1, 2].find(each => (high - low) / each <= 6) ?? 5
  const checks: number[] = []
  for (let tick = Math.floor(low / step) * step; tick <= high; tick += step) checks.push(tick)
  return checks
}
