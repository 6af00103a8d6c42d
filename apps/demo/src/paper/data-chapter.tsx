import facts from 'virtual:corpus-facts'
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { Slider } from '../parts/slider.tsx'
import { useWidth } from '../parts/use-width.ts'
import { Chapter } from './chapter.tsx'

/** What the stories are made of. */
export function DataChapter() {
  return (
    <Chapter id="data" title="A small world by design" Live={Live}>
      <p>
        Large models are trained on much of the web, and have to be large for that. The authors made a smaller
        world: about 1,500 words that a child of three or four knows. A large model was given one verb, one
        noun and one adjective at a time, sometimes with a feature such as a dialogue or a sad ending, and
        wrote more than two million short stories with them.
      </p>
      <p>
        This page comes with {facts.stories.toLocaleString('en')} stories of the same kind, written for this
        project. Move the slider: a few hundred words make up most of a story.
      </p>
    </Chapter>
  )
}

function Live() {
  const position = useSignal(4)
  const sample = useSignal(0)
  const [known, share] = facts.coverage[position.value]!
  const { text, ranks } = facts.samples[sample.value]!
  return (
    <>
      <div class="sheet">
        <Slider
          id="known-words"
          label="A reader who knows only the most frequent words"
          value={position.value}
          min={0}
          max={facts.coverage.length - 1}
          step={1}
          format={i => `${facts.coverage[i]![0].toLocaleString('en')} words`}
          onInput={value => {
            position.value = value
          }}
        />
        <p role="status" class="measure">
          <strong class="figure">{Math.round(share * 100)} %</strong> of all words in the stories are among
          the {known.toLocaleString('en')} most frequent ones.
        </p>
        <p class="story-text masked">
          {text.split(/(\p{L}+(?:['\u2019]\p{L}+)*)/u).map((part, i) => {
            const rank = ranks[part.toLowerCase()]
            return rank !== undefined && rank > known ? (
              <span key={i} class="unknown-word">
                {part}
              </span>
            ) : (
              part
            )
          })}
        </p>
        <div class="actions">
          <button
            type="button"
            onClick={() => {
              sample.value = (sample.value + 1) % facts.samples.length
            }}
          >
            Another story
          </button>
        </div>
      </div>
      <Lengths />
    </>
  )
}

const HEIGHT = 150

/** Stories by their length. */
function Lengths() {
  const box = useRef<HTMLElement>(null)
  const width = useWidth(box)
  const shown = useSignal<number | undefined>(undefined)
  const { lengths, bin } = facts
  const most = Math.max(...lengths.map(([, count]) => count))
  const step = width.value / lengths.length
  const at = shown.value === undefined ? undefined : lengths[shown.value]
  return (
    <figure class="chart" ref={box}>
      <svg
        width={width.value}
        height={HEIGHT + 22}
        role="img"
        aria-label={`Stories by length: most have ${lengths.find(([, count]) => count === most)![0]} to ${lengths.find(([, count]) => count === most)![0] + bin - 1} words`}
        onPointerMove={event => {
          const left = event.currentTarget.getBoundingClientRect().left
          shown.value = Math.min(lengths.length - 1, Math.max(0, Math.floor((event.clientX - left) / step)))
        }}
        onPointerLeave={() => {
          shown.value = undefined
        }}
      >
        {lengths.map(([from, count], i) => (
          <rect
            key={from}
            class={`bar${shown.value === i ? ' on' : ''}`}
            x={i * step + 1}
            width={Math.max(1, step - 2)}
            y={HEIGHT - (count / most) * (HEIGHT - 10)}
            height={(count / most) * (HEIGHT - 10)}
          />
        ))}
        <line class="axis" x1={0} x2={width.value} y1={HEIGHT} y2={HEIGHT} />
        {lengths.map(([from], i) =>
          from % 20 === 0 ? (
            <text key={from} x={i * step} y={HEIGHT + 16}>
              {from}
            </text>
          ) : null,
        )}
      </svg>
      <figcaption>
        {at
          ? `${at[1].toLocaleString('en')} stories have ${at[0]} to ${at[0] + bin - 1} words`
          : `${facts.words.toLocaleString('en')} words in all, ${facts.distinct.toLocaleString('en')} different ones; stories by their number of words`}
      </figcaption>
    </figure>
  )
}
