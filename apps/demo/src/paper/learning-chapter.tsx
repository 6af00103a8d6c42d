import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { learning } from '../models/learning.ts'
import { Story } from '../panels/write/story.ts'
import { Problem } from '../parts/notice.tsx'
import { Slider } from '../parts/slider.tsx'
import { StoryView } from '../parts/story-view.tsx'
import { Term } from '../parts/term.tsx'
import { useWidth } from '../parts/use-width.ts'
import { millions } from '../state/models.ts'
import { Chapter } from './chapter.tsx'
import { probeLabels, SharesChart } from './shares-chart.tsx'

const PROMPT = 'Once upon a time, there was a little girl named Lily. She'
const OPTIONS = { temperature: 0.6, topP: 0.95, seed: 3, maxTokens: 60 }
/** While the slider moves, no model is opened. */
const REST = 150

/** One model through its training. */
export function LearningChapter() {
  return (
    <Chapter
      id="learning"
      title="How a model learns"
      Live={Live}
      further={{ panel: 'train', label: 'Train one yourself in a few minutes' }}
    >
      <p>
        Training shows the model one story after another and adjusts its parameters so that the token that
        comes next gets more probability. The model first learns which words are frequent, then which follow
        each other, then grammar; keeping track of who is who comes last.
      </p>
      <p>
        This is one model of {millions(learning.parameters)} parameters <Term name="parameters" /> at{' '}
        {learning.steps.length} checkpoints of its training on one processor core. Each continues the same
        prompt.
      </p>
    </Chapter>
  )
}

function Live() {
  const story = useMemo(() => new Story(), [])
  const position = useSignal(learning.steps.length - 1)
  const at = learning.steps[position.value]!
  useEffect(() => {
    const timer = setTimeout(() => {
      void story.open(`learning:${at.step}`)
      void story.write(PROMPT, OPTIONS)
    }, REST)
    return () => clearTimeout(timer)
  }, [at.step])
  return (
    <>
      <div class="sheet">
        <Slider
          id="learning-step"
          label="Checkpoint"
          value={position.value}
          min={0}
          max={learning.steps.length - 1}
          step={1}
          format={i => momentOf(i)}
          onInput={value => {
            position.value = value
          }}
        />
        <Problem>{story.problem.value ?? story.modelProblem.value}</Problem>
        <StoryView story={story} placeholder="Loading the model..." />
        <p class="measure">
          <strong class="figure">{at.bitsPerByte.toFixed(2)}</strong> bits per byte{' '}
          <Term name="bits per byte" /> on stories that it has not seen <Term name="held-out stories" />,
          after {at.tokens.toLocaleString('en')} tokens <Term name="token" />.
        </p>
      </div>
      <div class="side-by-side">
        <Curve step={at.step} bitsPerByte={at.bitsPerByte} />
        <div>
          <h3>
            Probes passed <Term name="probe" />
          </h3>
          <SharesChart
            label={`Probes passed at ${momentOf(position.value)}`}
            series={['passed']}
            rows={Object.entries(at.probes).map(([kind, share]) => ({
              label: probeLabels[kind] ?? kind,
              chance: share.chance,
              points: [share],
            }))}
          />
        </div>
      </div>
    </>
  )
}

function momentOf(position: number): string {
  const { step } = learning.steps[position]!
  return step === 0 ? 'before training' : `step ${step.toLocaleString('en')}`
}

const HEIGHT = 190
const LEFT = 34

/** Bits per byte over steps, on a scale where each doubling takes as much room. */
function Curve({ step, bitsPerByte }: { step: number; bitsPerByte: number }) {
  const box = useRef<HTMLElement>(null)
  const width = useWidth(box, 320)
  const points = learning.steps.map(each => [each.step, each.bitsPerByte] as const)
  const last = Math.log2(1 + points.at(-1)![0] / 10)
  const high = Math.max(...points.map(([, value]) => value))
  const x = (of: number): number => LEFT + (Math.log2(1 + of / 10) / last) * (width.value - LEFT - 12)
  const y = (value: number): number => 10 + (1 - value / high) * (HEIGHT - 20)
  const ticks = Array.from({ length: Math.floor(high) + 1 }, (_, i) => i)
  return (
    <div>
      <h3>
        Bits per byte <Term name="bits per byte" />
      </h3>
      <figure class="chart" ref={box}>
        <svg
          width={width.value}
          height={HEIGHT + 20}
          role="img"
          aria-label={`Bits per byte fall from ${points[0]![1].toFixed(1)} to ${points.at(-1)![1].toFixed(2)}`}
        >
          {ticks.map(tick => (
            <g key={tick}>
              <line class="grid" x1={LEFT} x2={width.value} y1={y(tick)} y2={y(tick)} />
              <text x={LEFT - 8} y={y(tick) + 4} text-anchor="end">
                {tick}
              </text>
            </g>
          ))}
          <path
            class="line"
            d={points
              .map(([of, value], i) => `${i ? 'L' : 'M'}${x(of).toFixed(1)} ${y(value).toFixed(1)}`)
              .join('')}
          />
          {points.map(([of, value]) => (
            <circle key={of} class="moment" cx={x(of)} cy={y(value)} r={3} />
          ))}
          <circle class="moment on" cx={x(step)} cy={y(bitsPerByte)} r={6} />
          {[10, 100, 1000]
            .filter(tick => tick < points.at(-1)![0])
            .map(tick => (
              <text key={tick} x={x(tick)} y={HEIGHT + 14} text-anchor="middle">
                {tick.toLocaleString('en')}
              </text>
            ))}
        </svg>
        <figcaption>over the steps of training; lower is better</figcaption>
      </figure>
    </div>
  )
}
