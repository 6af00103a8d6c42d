import { useSignal, useSignalEffect } from '@preact/signals'
import { describeError } from '../../errors/describe-error.ts'
import { amountOf } from '../../models/amount-of.ts'
import { shippedModels } from '../../models/shipped.ts'
import { ChoiceRow } from '../../parts/choice-row.tsx'
import { filesOfDrop } from '../../parts/dropped-files.ts'
import { OtherModel } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { PromptField } from '../../parts/prompt-field.tsx'
import { Slider } from '../../parts/slider.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { TokenizerWarning } from '../../parts/tokenizer-warning.tsx'
import { addChoice, choices } from '../../state/models.ts'
import type { GradeSession } from './grade-session.ts'
import { MAX_MODELS, samplePrompts } from './prompts.ts'

/** Chooses the models and the prompts that they complete. */
export function ModelsForm({ session }: { session: GradeSession }) {
  const { chosen, prompts, trials, temperature, writing, judging, written, entries } = session
  const next = useSignal(4)
  const dropProblem = useSignal<string | undefined>(undefined)

  // Start with a comparison of two models.
  useSignalEffect(() => {
    if (chosen.peek().length === 0) chosen.value = shippedModels.slice(-2).map(({ id }) => id)
  })
  const choose = (key: string, wanted: boolean): void => {
    const others = chosen.value.filter(each => each !== key)
    chosen.value = wanted ? [...others, key].slice(-MAX_MODELS) : others
  }
  const take = (files: Record<string, Blob>, name: string): void => {
    choose(addChoice({ label: name, detail: 'your files', source: { kind: 'files', name, files } }), true)
  }
  const busy = writing.value !== undefined
  const isPartial = entries.value.length > 0 && !written.value && !busy
  const full = chosen.value.length >= MAX_MODELS

  return (
    <form
      class="sheet"
      aria-label="Completions"
      onSubmit={event => {
        event.preventDefault()
        void session.write()
      }}
      onDragOver={event => event.preventDefault()}
      onDrop={async event => {
        event.preventDefault()
        dropProblem.value = undefined
        try {
          const { files, name } = await filesOfDrop(event.dataTransfer!)
          take(files, name)
        } catch (error) {
          dropProblem.value = describeError(error)
        }
      }}
    >
      <div class="prompt">
        <PromptField id="grade-prompts" label="Prompts, one per line" rows={7} text={prompts} />
        <div class="actions">
          <button
            type="button"
            onClick={() => {
              prompts.value = samplePrompts(4, next.value)
              next.value += 4
            }}
          >
            Four other prompts
          </button>
          <p class="quiet grade-small">Each prompt stops in mid-sentence: can the model finish it?</p>
        </div>
      </div>
      <div class="grade-settings">
        <fieldset>
          <legend>Up to {MAX_MODELS} models</legend>
          <div class="model-choices">
            {choices.value.map(choice => (
              <ChoiceRow
                key={choice.key}
                type="checkbox"
                checked={chosen.value.includes(choice.key)}
                disabled={full && !chosen.value.includes(choice.key)}
                onChange={checked => choose(choice.key, checked)}
                label={choice.label}
                detail={choice.detail}
              />
            ))}
          </div>
        </fieldset>
        <div class="settings">
          <Slider
            id="grade-trials"
            label="Completions per prompt"
            value={trials.value}
            min={1}
            max={5}
            step={1}
            onInput={value => {
              trials.value = value
            }}
          />
          <TemperatureSlider id="grade-temperature" temperature={temperature} />
        </div>
      </div>
      <Problem>{session.writeProblem.value ?? dropProblem.value}</Problem>
      <TokenizerWarning models={chosen.value} />
      {session.isUnknownScript.value && (
        <p class="warning" role="status">
          A model does not know most characters of a prompt: it read them as the unknown token. These models
          were trained on English stories.
        </p>
      )}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy || judging.value !== undefined}>
          {isPartial ? 'Resume writing' : written.value ? 'Write new completions' : 'Write completions'}
        </button>
        <button type="button" disabled={!busy} onClick={() => session.stop()}>
          Stop
        </button>
        <p class="status" role="status">
          {writing.value
            ? `${writing.value.name}: ${writing.value.download?.total ? amountOf(writing.value.download) : `${writing.value.done} of ${writing.value.total}`}`
            : written.value &&
              `${entries.value.reduce((n, entry) => n + entry.completions.length, 0)} written`}
        </p>
      </div>
      <OtherModel
        id="grade"
        onTake={take}
        onChoose={key => {
          choose(key, true)
        }}
      />
    </form>
  )
}
