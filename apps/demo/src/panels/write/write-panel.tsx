import { type Signal, useSignal, useSignalEffect } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { featureLabels } from '../../constraints/feature-labels.ts'
import { ModelPicker } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { PromptField } from '../../parts/prompt-field.tsx'
import { ShareBar } from '../../parts/share-bar.tsx'
import { Slider } from '../../parts/slider.tsx'
import { StoryView } from '../../parts/story-view.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { Term } from '../../parts/term.tsx'
import { UnknownScript } from '../../parts/unknown-script.tsx'
import {
  type Address,
  arrival,
  type Branches,
  formatBranches,
  numberOf,
  parseBranches,
  record,
} from '../../state/address.ts'
import { engineChoice } from '../../state/engine.ts'
import { findChoice, millions } from '../../state/models.ts'
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

  const branches = useSignal<Branches>([])

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
  const save = (): void => {
    const { verb, noun, adjective, features } = chosen.value
    record('write', {
      model: story.model.peek() ?? FIRST,
      ...(isConstrained.value
        ? { words: [verb, noun, adjective].join(','), features: features.join(',') }
        : { prompt: prompt.value }),
      seed: String(seed.value),
      temperature: String(temperature.value),
      'top-p': String(topP.value),
      branches: formatBranches(branches.value),
    })
  }
  const writeSeed = (): Promise<void> => {
    branches.value = []
    save()
    return story.write(isConstrained.value ? PLAIN_PROMPT : prompt.value, options())
  }
  const write = (): void => {
    if (!keepSeed.value && story.tokens.value.length > 0) seed.value = randomSeed()
    void writeSeed()
  }
  const branch = (position: number, id: number): Promise<void> => {
    branches.value = [...branches.value.filter(([before]) => before < position), [position, id]]
    save()
    return story.branch(position, id, options())
  }

  /** Writes the story of an address. */
  const open = async (values: Address['values']): Promise<void> => {
    prompt.value = values.prompt ?? prompt.peek()
    temperature.value = numberOf(values.temperature, [0, 1.5], temperature.peek())
    topP.value = numberOf(values['top-p'], [0.05, 1], topP.peek())
    seed.value = Math.floor(numberOf(values.seed, [0, Number.MAX_SAFE_INTEGER], seed.peek()))
    keepSeed.value = values.seed !== undefined
    isConstrained.value = values.words !== undefined
    if (values.words !== undefined) {
      const [verb = '', noun = '', adjective = ''] = values.words.split(',')
      const features = (values.features ?? '').split(',').filter(name => featureLabels.has(name))
      chosen.value = { verb, noun, adjective, features }
    }
    await story.open(findChoice(values.model ?? '')?.key ?? story.model.peek() ?? FIRST)
    // A model of another browser is not here.
    if (story.model.peek() === undefined) await story.open(FIRST)
    await writeSeed()
    for (const [position, id] of parseBranches(values.branches ?? '') ?? []) {
      if (position < story.tokens.peek().length) await branch(position, id)
    }
  }

  // The page writes its first story by itself, and that of each link.
  useSignalEffect(() => {
    const { panel, values } = arrival.value
    if (panel === 'write') void open(values)
    else if (story.model.peek() === undefined) void story.open(FIRST)
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
          onBranch={(position, id) => void branch(position, id)}
          tinted={tinted.value}
          placeholder={story.busy.value === 'opening' ? 'Opening the model...' : 'The story appears here.'}
        />
        {story.result.value && (
          <ShareBar
            text={() =>
              story.tokens
                .peek()
                .map(({ text }) => text)
                .join('')
            }
            credit={() => `Written by ${modelName(story)} in a browser, seed ${seed.peek()}`}
          />
        )}
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

/** With its size. */
function modelName({ info, model }: Story): string {
  const name = findChoice(model.peek() ?? '')?.label ?? 'a model'
  return `${name} (${millions(info.peek()?.parameters ?? 0)} parameters)`
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
