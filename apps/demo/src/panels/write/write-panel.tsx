import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { ModelPicker } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { PromptField } from '../../parts/prompt-field.tsx'
import { Slider } from '../../parts/slider.tsx'
import { StoryView } from '../../parts/story-view.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { Term } from '../../parts/term.tsx'
import { UnknownScript } from '../../parts/unknown-script.tsx'
import { engineChoice } from '../../state/engine.ts'
import { choices } from '../../state/models.ts'
import { ConstraintChecks } from './constraint-checks.tsx'
import { type ChosenConstraints, ConstraintsForm } from './constraints-form.tsx'
import { randomSeed, Story, type WriteOptions } from './story.ts'
import { WriteStatus } from './write-status.tsx'

const MAX_TOKENS = 220
/** The model that the page opens with. */
const FIRST = 'medium'
/** The prompt of a story that is given words and features only. */
const PLAIN_PROMPT = 'Once upon a time,'

/** Writes stories with a model. */
export function WritePanel() {
  const story = useMemo(() => new Story(), [])
  const prompt = useSignal('Once upon a time, there was a little fox who')
  const temperature = useSignal(0.8)
  const topP = useSignal(0.95)
  const seed = useSignal(randomSeed())
  const keepSeed = useSignal(false)
  const tinted = useSignal(true)
  const isConstrained = useSignal(false)
  const chosen = useSignal<ChosenConstraints>({
    verb: 'hide',
    noun: 'spoon',
    adjective: 'brave',
    features: ['Dialogue', 'MoralValue'],
  })

  const options = (): WriteOptions => {
    const { verb, noun, adjective, features } = chosen.value
    const words = [adjective, noun, verb].filter(word => word !== '')
    return {
      temperature: temperature.value,
      topP: topP.value,
      seed: seed.value,
      maxTokens: MAX_TOKENS,
      ...(isConstrained.value && { constraints: { words, features } }),
    }
  }
  const write = (): void => {
    if (!keepSeed.value && story.tokens.value.length > 0) seed.value = randomSeed()
    void story.write(isConstrained.value ? PLAIN_PROMPT : prompt.value, options())
  }
  const branch = (position: number, id: number): void => {
    void story.branch(position, id, options())
  }

  // The page writes its first story by itself, unless it was opened at another tab.
  useSignalEffect(() => {
    const wanted = location.hash === '' || location.hash === '#write'
    const first = choices.value.find(choice => choice.shipped?.id === FIRST) ?? choices.value[0]
    if (first && story.model.peek() === undefined && story.modelProblem.peek() === undefined) {
      void story.open(first.key)
      if (wanted) void story.write(prompt.peek(), options())
    }
  })
  useSignalEffect(() => story.useEngine(engineChoice.value))

  return (
    <div class="with-rail">
      <div class="sheet">
        <form
          class="prompt"
          onSubmit={event => {
            event.preventDefault()
            write()
          }}
        >
          <fieldset class="ways">
            <legend class="visually-hidden">How to start the story</legend>
            <Way isConstrained={isConstrained} value={false} label="Type a prompt" />
            <Way isConstrained={isConstrained} value={true} label="Choose words and features" />
          </fieldset>
          {isConstrained.value ? (
            <ConstraintsForm chosen={chosen} instructions={story.info.value?.instructions ?? false} />
          ) : (
            <PromptField
              id="prompt"
              label="Prompt"
              rows={2}
              text={prompt}
              onKeyDown={event => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) write()
              }}
            />
          )}
          <div class="actions">
            <button type="submit" class="primary" disabled={story.model.value === undefined}>
              {story.tokens.value.length > 0 ? 'Write another' : 'Write a story'}
            </button>
            <button type="button" onClick={() => story.stop()} disabled={story.busy.value !== 'writing'}>
              Stop
            </button>
            <WriteStatus story={story} />
          </div>
        </form>
        <Problem>{story.problem.value}</Problem>
        <UnknownScript share={story.result.value?.unknownShare} words={story.result.value?.unknownWords} />
        {story.constraints.value && (
          <ConstraintChecks
            constraints={story.constraints.value}
            tokens={story.tokens.value}
            writing={story.busy.value === 'writing'}
          />
        )}
        <StoryView
          story={story}
          onBranch={branch}
          tinted={tinted.value}
          placeholder={story.busy.value === 'opening' ? 'Opening the model...' : 'The story appears here.'}
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
            Tint unlikely words
          </label>
          <span>
            Point at a word to see its probability and alternatives; choose one to continue from there.
          </span>
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
          <legend>
            Sampling <Term name="sampling" />
          </legend>
          <TemperatureSlider id="temperature" temperature={temperature} />
          <Slider
            id="top-p"
            label="Top-p"
            value={topP.value}
            min={0.05}
            max={1}
            step={0.05}
            format={value => (value === 1 ? 'off' : value.toFixed(2))}
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
                {keepSeed.value ? 'Fixed' : 'Fix'}
              </button>
            </div>
          </div>
        </fieldset>
      </aside>
    </div>
  )
}

interface WayProps {
  isConstrained: Signal<boolean>
  value: boolean
  label: string
}

function Way({ isConstrained, value, label }: WayProps) {
  return (
    <label>
      <input
        type="radio"
        name="way"
        checked={isConstrained.value === value}
        onChange={() => {
          isConstrained.value = value
        }}
      />
      <span>{label}</span>
    </label>
  )
}
