import { type Signal, useSignal } from '@preact/signals'
import { countParameters, gptConfig } from '@tinystories/model'
import { publishedHeads } from '@tinystories/sweep/published'
import { Slider } from '../parts/slider.tsx'
import { Term } from '../parts/term.tsx'
import { millions } from '../state/models.ts'
import { Chapter } from './chapter.tsx'

const WIDTHS = [32, 64, 128, 256, 512, 768, 1024]
const LAYERS = [1, 2, 4, 8, 12]
const VOCABULARY = 10_000

/** Layers against width. */
export function DepthChapter() {
  return (
    <Chapter id="depth" title="Deep or wide" Live={Live}>
      <p>
        The same parameters can be spent on more layers <Term name="layer" /> or on more width{' '}
        <Term name="width" />. In the paper a second layer raised consistency from 7.0 to 8.2 and grammar from
        7.5 to 8.3: keeping track of a story takes several steps, one after another. Width helped more with
        facts.
      </p>
    </Chapter>
  )
}

function Live() {
  return (
    <>
      <Builder />
      <h3>One layer or two, width 768, in the paper</h3>
      <div class="pairs">
        {(['grammar', 'consistency', 'creativity'] as const).map(name => (
          <div key={name}>
            <p class="pair-name">{name}</p>
            {[1, 2].map(layers => {
              const grades = publishedHeads.filter(row => row.layers === layers).map(row => row[name])
              const best = Math.max(...grades)
              return (
                <p key={layers} class="pair-bar" style={{ '--share': `${best * 10}%` }}>
                  <span>{layers === 1 ? 'one layer' : 'two layers'}</span>
                  <span class="figure">{best.toFixed(1)}</span>
                </p>
              )
            })}
          </div>
        ))}
      </div>
      <p class="quiet small">The best of 2, 4 and 8 heads; graded by GPT-4 from 0 to 10.</p>
    </>
  )
}

/** What a model of a shape would be. */
function Builder() {
  const width = useSignal(WIDTHS.indexOf(256))
  const layers = useSignal(LAYERS.indexOf(8))
  const [hiddenSize, depth] = [WIDTHS[width.value]!, LAYERS[layers.value]!]
  const count = (shape: { hiddenSize: number; layers: number }): { total: number; embeddings: number } => {
    const config = gptConfig('tinystories-1m', {
      ...shape,
      heads: Math.min(16, shape.hiddenSize / 8),
      vocabSize: VOCABULARY,
    })
    const { total, embeddings } = countParameters(config)
    return { total, embeddings }
  }
  const { total, embeddings } = count({ hiddenSize, layers: depth })
  // The shape of another depth that has nearly as many parameters.
  const others = LAYERS.filter(each => each !== depth).map(each => {
    const shapes = WIDTHS.map(hiddenSize => ({
      hiddenSize,
      layers: each,
      total: count({ hiddenSize, layers: each }).total,
    }))
    return shapes.reduce((best, shape) =>
      ratio(shape.total, total) < ratio(best.total, total) ? shape : best,
    )
  })
  const twin = others.reduce((best, shape) =>
    ratio(shape.total, total) < ratio(best.total, total) ? shape : best,
  )
  return (
    <div class="sheet">
      <div class="side-by-side">
        <ChoiceSlider id="build-width" label="Width" choices={WIDTHS} at={width} />
        <ChoiceSlider id="build-layers" label="Layers" choices={LAYERS} at={layers} />
      </div>
      <div class="stack" aria-hidden="true">
        {Array.from({ length: depth }, (_, i) => (
          <span key={i} style={{ width: `${(hiddenSize / 1024) * 100}%` }} />
        ))}
      </div>
      <p class="measure" role="status">
        <strong class="figure">{millions(total)}</strong> parameters, {Math.round((embeddings / total) * 100)}{' '}
        % of them in the embeddings of {VOCABULARY.toLocaleString('en')} tokens.{' '}
        {twin.layers === 1 ? 'One layer' : `${twin.layers} layers`} of width {twin.hiddenSize} would have
        about as many ({millions(twin.total)}).
      </p>
    </div>
  )
}

/** A slider over a list of numbers. */
function ChoiceSlider(props: { id: string; label: string; choices: readonly number[]; at: Signal<number> }) {
  const { id, label, choices, at } = props
  return (
    <Slider
      id={id}
      label={label}
      value={at.value}
      min={0}
      max={choices.length - 1}
      step={1}
      format={i => String(choices[i])}
      onInput={value => {
        at.value = value
      }}
    />
  )
}

const ratio = (a: number, b: number): number => Math.abs(Math.log(a / b))
