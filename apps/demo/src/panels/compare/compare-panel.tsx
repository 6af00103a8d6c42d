import { PromptField } from '../../parts/prompt-field.tsx'
import './compare.css'
import { batch, useSignalEffect } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { shippedModels } from '../../models/shipped.ts'
import { Check } from '../../parts/check.tsx'
import { Problem } from '../../parts/notice.tsx'
import { StoryView } from '../../parts/story-view.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { Term } from '../../parts/term.tsx'
import { TokenizerWarning } from '../../parts/tokenizer-warning.tsx'
import { UnknownScript } from '../../parts/unknown-script.tsx'
import { type Address, arrival, leftAt, numberOf, record } from '../../state/address.ts'
import { engineChoice } from '../../state/engine.ts'
import { keptFields } from '../../state/kept-field.ts'
import { choiceOf, choices, findChoice, type ModelChoice, millions } from '../../state/models.ts'
import { randomSeed, Story } from '../write/story.ts'
import { WriteStatus } from '../write/write-status.tsx'

const MAX_TOKENS = 160

/** The same prompt completed by several models at once, each in its own worker. */
export function ComparePanel() {
  const fields = useMemo(
    () =>
      keptFields('compare', {
        prompt: 'One day, a girl and her grandmother wanted to bake a cake. But',
        temperature: 0.7,
        seed: randomSeed(),
        chosen: shippedModels.map(({ id }) => id),
      }),
    [],
  )
  const { prompt, temperature, seed, chosen } = fields
  const stories = useMemo(() => new Map<string, Story>(), [])

  const storyOf = (key: string): Story => {
    const story = stories.get(key) ?? new Story()
    if (!stories.has(key)) story.useEngine(engineChoice.peek())
    stories.set(key, story)
    return story
  }
  const shown = choices.value.filter(choice => chosen.value.includes(choice.key))
  const columns = shown.map(choice => ({ choice, story: storyOf(choice.key) }))
  useSignalEffect(() => {
    for (const story of stories.values()) story.useEngine(engineChoice.value)
  })
  useEffect(
    () => () => {
      for (const story of stories.values()) story.dispose()
    },
    [],
  )

  const write = (text: string): void => {
    record('compare', {
      models: chosen.peek().join(','),
      prompt: text,
      seed: String(seed.peek()),
      temperature: String(temperature.peek()),
    })
    const options = { temperature: temperature.peek(), topP: 0.95, seed: seed.peek(), maxTokens: MAX_TOKENS }
    for (const key of chosen.peek()) {
      if (!findChoice(key)) continue
      const story = storyOf(key)
      void story.open(key)
      void story.write(text, options)
    }
  }
  /** Writes the stories of an address; on a return the prompt stays as it was left. */
  const open = async (values: Address['values'], { isReturn = false } = {}): Promise<void> => {
    if (values.prompt === undefined) return
    const wanted = await Promise.all((values.models ?? '').split(',').map(choiceOf))
    const keys = wanted.flatMap(choice => choice?.key ?? [])
    batch(() => {
      if (!isReturn) prompt.value = values.prompt!
      temperature.value = numberOf(values.temperature, [0, 1.5], temperature.peek())
      seed.value = Math.floor(numberOf(values.seed, [0, Number.MAX_SAFE_INTEGER], seed.peek()))
      if (keys.length > 0) chosen.value = keys
    })
    write(values.prompt)
  }
  const isOpen = useMemo(() => ({ current: false }), [])
  useSignalEffect(() => {
    const { panel, values } = arrival.value
    if (panel === 'compare') void open(values)
    else if (!isOpen.current) void open(leftAt('compare') ?? {}, { isReturn: true })
    isOpen.current = true
  })

  // A model that did not open was removed from the choices, so it has no column for its error.
  const broken = [...stories.values()].flatMap(story => story.modelProblem.value ?? [])
  const busy = columns.some(({ story }) => story.busy.value !== undefined)

  return (
    <div class="compare">
      <form
        class="sheet compare-controls"
        onSubmit={event => {
          event.preventDefault()
          write(prompt.peek())
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
              <Check
                key={choice.key}
                checked={chosen.value.includes(choice.key)}
                onChange={checked => {
                  const others = chosen.value.filter(key => key !== choice.key)
                  chosen.value = checked ? [...others, choice.key] : others
                }}
              >
                <bdi>{choice.label}</bdi>
              </Check>
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
              write(prompt.peek())
            }}
          >
            Another seed
          </button>
        </div>
      </form>
      <Problem>{broken.length > 0 && broken.join(' ')}</Problem>
      <TokenizerWarning models={shown.map(({ key }) => key)} />
      <div class="compare-columns">
        {columns.map(column => (
          <Column key={column.choice.key} {...column} />
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
