import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { ModelPicker } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Slider } from '../../parts/slider.tsx'
import { StoryView } from '../../parts/story-view.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { UnknownScript } from '../../parts/unknown-script.tsx'
import { engineChoice } from '../../state/engine.ts'
import { choices } from '../../state/models.ts'
import { randomSeed, Story, type WriteOptions } from './story.ts'
import { WishTicks } from './wish-ticks.tsx'
import { type ChosenWishes, WishesForm } from './wishes-form.tsx'
import { WriteStatus } from './write-status.tsx'

const MAX_TOKENS = 220
/** The model that the page opens with. */
const FIRST = 'medium'
/** How a story begins that is only asked to have something. */
const PLAIN_BEGINNING = 'Once upon a time,'

/** Writes stories with a model. */
export function WritePanel() {
  const story = useMemo(() => new Story(), [])
  const prompt = useSignal('Once upon a time, there was a little fox who')
  const temperature = useSignal(0.8)
  const topP = useSignal(0.95)
  const seed = useSignal(randomSeed())
  const keepSeed = useSignal(false)
  const tinted = useSignal(true)
  const isWishing = useSignal(false)
  const chosen = useSignal<ChosenWishes>({
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
      ...(isWishing.value && { wishes: { words, features } }),
    }
  }
  const write = (): void => {
    if (!keepSeed.value && story.tokens.value.length > 0) seed.value = randomSeed()
    void story.write(isWishing.value ? PLAIN_BEGINNING : prompt.value, options())
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
          <fieldset class="ways">
            <legend class="visually-hidden">How to say what it is about</legend>
            <Way isWishing={isWishing} value={false} label="Type a beginning" />
            <Way isWishing={isWishing} value={true} label="Choose words and features" />
          </fieldset>
          {isWishing.value ? (
            <WishesForm chosen={chosen} />
          ) : (
            <>
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
            </>
          )}
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
        <UnknownScript share={story.result.value?.unknownShare} />
        {story.wishes.value && (
          <WishTicks
            wishes={story.wishes.value}
            tokens={story.tokens.value}
            writing={story.busy.value === 'writing'}
          />
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
          <TemperatureSlider id="temperature" temperature={temperature} />
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

interface WayProps {
  isWishing: Signal<boolean>
  value: boolean
  label: string
}

function Way({ isWishing, value, label }: WayProps) {
  return (
    <label>
      <input
        type="radio"
        name="way"
        checked={isWishing.value === value}
        onChange={() => {
          isWishing.value = value
        }}
      />
      <span>{label}</span>
    </label>
  )
}
