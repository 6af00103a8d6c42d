import { PromptField } from '../../parts/prompt-field.tsx'
import './compare.css'
import { signal, useSignal, useSignalEffect } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { shippedModels } from '../../models/shipped.ts'
import { Problem } from '../../parts/notice.tsx'
import { StoryView } from '../../parts/story-view.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { Term } from '../../parts/term.tsx'
import { TokenizerWarning } from '../../parts/tokenizer-warning.tsx'
import { UnknownScript } from '../../parts/unknown-script.tsx'
import { arrival, numberOf, record } from '../../state/address.ts'
import { engineChoice } from '../../state/engine.ts'
import { choices, findChoice, type ModelChoice, millions } from '../../state/models.ts'
import { randomSeed, Story } from '../write/story.ts'
import { WriteStatus } from '../write/write-status.tsx'

const MAX_TOKENS = 160

/** The same prompt completed by several models at once, each in its own worker. */
export function ComparePanel() {
  const prompt = useSignal('One day, a girl and her grandmother wanted to bake a cake. But')
  const temperature = useSignal(0.7)
  const seed = useSignal(randomSeed())
  const chosen = useMemo(() => signal<ReadonlySet<string>>(new Set(shippedModels.map(({ id }) => id))), [])
  const stories = useMemo(() => new Map<string, Story>(), [])

  const shown = choices.value.filter(choice => chosen.value.has(choice.key))
  for (const choice of shown) {
    if (!stories.has(choice.key)) stories.set(choice.key, new Story())
  }
  useSignalEffect(() => {
    for (const story of stories.values()) story.useEngine(engineChoice.value)
  })
  useEffect(
    () => () => {
      for (const story of stories.values()) story.dispose()
    },
    [],
  )

  useSignalEffect(() => {
    const { panel, values } = arrival.value
    if (panel !== 'compare') return
    prompt.value = values.prompt ?? prompt.peek()
    temperature.value = numberOf(values.temperature, [0, 1.5], temperature.peek())
    seed.value = Math.floor(numberOf(values.seed, [0, Number.MAX_SAFE_INTEGER], seed.peek()))
    const wanted = (values.models ?? '').split(',').flatMap(key => findChoice(key)?.key ?? [])
    if (wanted.length > 0) chosen.value = new Set(wanted)
  })

  // A model that did not open was removed from the choices, so it has no column for its error.
  const broken = [...stories.values()].flatMap(story => story.modelProblem.value ?? [])
  const busy = shown.some(choice => stories.get(choice.key)!.busy.value !== undefined)
  const write = (): void => {
    record('compare', {
      models: [...chosen.value].join(','),
      prompt: prompt.value,
      seed: String(seed.value),
      temperature: String(temperature.value),
    })
    for (const choice of shown) {
      const story = stories.get(choice.key)!
      void story.open(choice.key)
      void story.write(prompt.value, {
        temperature: temperature.value,
        topP: 0.95,
        seed: seed.value,
        maxTokens: MAX_TOKENS,
      })
    }
  }

  return (
    <div class="compare">
      <form
        class="sheet compare-controls"
        onSubmit={event => {
          event.preventDefault()
          write()
        }}
      >
        <div class="prompt">
          <PromptField id="compare-prompt" label="Prompt for all models" rows={2} text={prompt} />
        </div>
        <div class="compare-settings">
          <TemperatureSlider id="compare-temperature" temperature={temperature} />
          <fieldset class="compare-choices">
            <legend class="visually-hidden">Models</legend>
            {choices.value.map(choice => (
              <label key={choice.key} class="check">
                <input
                  type="checkbox"
                  checked={chosen.value.has(choice.key)}
                  onChange={() => {
                    const next = new Set(chosen.value)
                    if (!next.delete(choice.key)) next.add(choice.key)
                    chosen.value = next
                  }}
                />
                <bdi>{choice.label}</bdi>
              </label>
            ))}
          </fieldset>
        </div>
        <div class="actions">
          <button type="submit" class="primary" disabled={shown.length === 0}>
            Write with {shown.length === 1 ? 'one model' : `${shown.length} models`}
          </button>
          <button
            type="button"
            disabled={!busy}
            onClick={() => {
              for (const story of stories.values()) story.stop()
            }}
          >
            Stop
          </button>
          <button
            type="button"
            onClick={() => {
              seed.value = randomSeed()
              write()
            }}
          >
            Another seed
          </button>
        </div>
      </form>
      <Problem>{broken.length > 0 && broken.join(' ')}</Problem>
      <TokenizerWarning models={shown.map(({ key }) => key)} />
      <div class="compare-columns">
        {shown.map(choice => (
          <Column key={choice.key} choice={choice} story={stories.get(choice.key)!} />
        ))}
      </div>
    </div>
  )
}

function Column({ choice, story }: { choice: ModelChoice; story: Story }) {
  const { shipped } = choice
  return (
    <article class="sheet compare-column" aria-label={choice.label}>
      <header>
        <h2 dir="auto">{choice.label}</h2>
        <p class="quiet">
          {shipped
            ? `${millions(shipped.parameters)} parameters, ${shipped.bitsPerByte.toFixed(2)} bits per byte`
            : choice.detail}{' '}
          {shipped && <Term name="bits per byte" />}
        </p>
      </header>
      <Problem>{story.problem.value}</Problem>
      <UnknownScript share={story.result.value?.unknownShare} words={story.result.value?.unknownWords} />
      <StoryView story={story} placeholder="The story appears here." />
      <WriteStatus story={story} />
    </article>
  )
}
