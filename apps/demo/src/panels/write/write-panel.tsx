import { useSignal, useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { ModelPicker } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Slider } from '../../parts/slider.tsx'
import { StoryView } from '../../parts/story-view.tsx'
import { engineChoice } from '../../state/engine.ts'
import { choices } from '../../state/models.ts'
import { beginning, what, where, who } from './beginnings.ts'
import { randomSeed, Story } from './story.ts'
import { WriteStatus } from './write-status.tsx'

const MAX_TOKENS = 220
/** The model that the page opens with. */
const FIRST = 'medium'

/** Writes stories with a model. */
export function WritePanel() {
  const story = useMemo(() => new Story(), [])
  const prompt = useSignal('Once upon a time, there was a little fox who')
  const temperature = useSignal(0.8)
  const topP = useSignal(0.95)
  const seed = useSignal(randomSeed())
  const keepSeed = useSignal(false)
  const tinted = useSignal(true)
  const parts = useSignal({ who: who[0]!, where: where[0]!, what: what[0]! })

  const options = () => ({
    temperature: temperature.value,
    topP: topP.value,
    seed: seed.value,
    maxTokens: MAX_TOKENS,
  })
  const write = (): void => {
    if (!keepSeed.value && story.tokens.value.length > 0) seed.value = randomSeed()
    void story.write(prompt.value, options())
  }
  const branch = (place: number, id: number): void => {
    void story.branch(place, id, options())
  }

  // The page tells its first story by itself, unless it was opened for something else.
  useSignalEffect(() => {
    const wanted = location.hash === '' || location.hash === '#write'
    const first = choices.value.find(choice => choice.shipped?.id === FIRST) ?? choices.value[0]
    if (first && story.model.peek() === undefined && story.modelProblem.peek() === undefined) {
      void story.open(first.key)
      if (wanted) void story.write(prompt.peek(), options())
    }
  })
  useSignalEffect(() => story.useEngine(engineChoice.value))

  const choosePart = (key: 'who' | 'where' | 'what', value: string): void => {
    parts.value = { ...parts.value, [key]: value }
    prompt.value = beginning(parts.value)
  }

  return (
    <div class="with-rail">
      <div class="sheet">
        <form
          class="beginning"
          onSubmit={event => {
            event.preventDefault()
            write()
          }}
        >
          <label for="prompt">How does it begin?</label>
          <textarea
            id="prompt"
            rows={2}
            value={prompt.value}
            onInput={event => {
              prompt.value = event.currentTarget.value
            }}
            onKeyDown={event => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) write()
            }}
          />
          <details class="chosen-words">
            <summary>Choose who, where and what</summary>
            <div class="three">
              <PartChoice
                id="who"
                label="Who"
                options={who}
                value={parts.value.who}
                onChoose={value => choosePart('who', value)}
              />
              <PartChoice
                id="where"
                label="Where"
                options={where}
                value={parts.value.where}
                onChoose={value => choosePart('where', value)}
              />
              <PartChoice
                id="what"
                label="What happens"
                options={what}
                value={parts.value.what}
                onChoose={value => choosePart('what', value)}
              />
            </div>
          </details>
          <div class="actions">
            <button type="submit" class="primary" disabled={story.model.value === undefined}>
              {story.tokens.value.length > 0 ? 'Tell another' : 'Tell the story'}
            </button>
            <button type="button" onClick={() => story.stop()} disabled={story.busy.value !== 'writing'}>
              Stop
            </button>
            <WriteStatus story={story} />
          </div>
        </form>
        <Problem>{story.problem.value}</Problem>
        {(story.result.value?.unknownShare ?? 0) > 0.2 && (
          <p class="warning" role="status">
            This model does not know most of these characters: it read them as one unknown sign. It learnt
            English stories.
          </p>
        )}
        {story.result.value?.engine.passedOver && (
          <p class="warning" role="status">
            Written with something else than was chosen. {story.result.value.engine.passedOver}
          </p>
        )}
        <StoryView
          story={story}
          onBranch={branch}
          tinted={tinted.value}
          placeholder={story.busy.value === 'opening' ? 'Opening the model...' : 'The story will stand here.'}
        />
        <p class="legend">
          <label class="check">
            <input
              type="checkbox"
              checked={tinted.value}
              onChange={event => {
                tinted.value = event.currentTarget.checked
              }}
            />
            Tint what surprised the model
          </label>
          <span>Point at a word for its probability; pick another to go on from there.</span>
        </p>
      </div>
      <aside class="rail" aria-label="Model and settings">
        <ModelPicker
          id="write"
          value={story.model.value}
          problem={story.modelProblem.value}
          onChoose={key => {
            void story.open(key).then(() => {
              if (story.model.peek() === key) write()
            })
          }}
        />
        <fieldset class="settings">
          <legend>Chance</legend>
          <Slider
            id="temperature"
            label="Temperature"
            value={temperature.value}
            min={0}
            max={1.5}
            step={0.05}
            format={value => (value === 0 ? 'always the likeliest' : value.toFixed(2))}
            onInput={value => {
              temperature.value = value
            }}
          />
          <Slider
            id="top-p"
            label="Top-p"
            value={topP.value}
            min={0.05}
            max={1}
            step={0.05}
            format={value => (value === 1 ? 'all words' : value.toFixed(2))}
            onInput={value => {
              topP.value = value
            }}
          />
          <div class="field">
            <label for="seed">Seed</label>
            <div class="input-with-button">
              <input
                id="seed"
                type="number"
                min={0}
                step={1}
                value={seed.value}
                onInput={event => {
                  const value = event.currentTarget.valueAsNumber
                  if (Number.isSafeInteger(value) && value >= 0) {
                    seed.value = value
                    keepSeed.value = true
                  }
                }}
              />
              <button
                type="button"
                aria-pressed={keepSeed.value}
                onClick={() => {
                  keepSeed.value = !keepSeed.value
                }}
              >
                {keepSeed.value ? 'Kept' : 'Keep'}
              </button>
            </div>
          </div>
        </fieldset>
      </aside>
    </div>
  )
}

interface PartChoiceProps {
  id: string
  label: string
  options: readonly string[]
  value: string
  onChoose(value: string): void
}

function PartChoice({ id, label, options, value, onChoose }: PartChoiceProps) {
  return (
    <div class="field">
      <label for={`part-${id}`}>{label}</label>
      <select id={`part-${id}`} value={value} onChange={event => onChoose(event.currentTarget.value)}>
        {options.map(option => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </div>
  )
}
