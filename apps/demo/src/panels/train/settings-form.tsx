import { computed, signal } from '@preact/signals'
import { Check } from '../../parts/check.tsx'
import { ChoiceRow } from '../../parts/choice-row.tsx'
import { SelectField } from '../../parts/select-field.tsx'
import { Term } from '../../parts/term.tsx'
import { keptField } from '../../state/kept-field.ts'
import { choices } from '../../state/models.ts'
import { sizes } from '../../training/settings.ts'
import { randomSeed } from '../write/story.ts'
import type { Training } from './training.ts'

const BUNDLED = 'bundled stories'
const MINUTES = [2, 5, 10, 30]

const size = keptField('train-size', sizes[0]!.id, id => sizes.some(each => each.id === id))
/** The key of the model that is trained further; empty for a new one. */
const wanted = keptField('train-from', '')
/** The model may not be on the shelf any more. */
const from = computed(() => choices.value.find(({ key }) => key === wanted.value)?.key ?? '')
const minutes = keptField('train-minutes', 5, value => MINUTES.includes(value))
const instruct = keptField('train-instruct', false)
const corpus = signal<File | undefined>(undefined)

/** Chooses what a new run trains, and on what. */
export function SettingsForm({ training, running }: { training: Training; running: boolean }) {
  const start = (): void => {
    const model = choices.value.find(({ key }) => key === from.value)
    // On a phone the curve is above, out of sight.
    document.querySelector('.train-head')?.scrollIntoView({ block: 'nearest' })
    void training.start({
      settings: {
        size: size.value,
        corpusName: corpus.value?.name ?? BUNDLED,
        minutes: minutes.value,
        seed: randomSeed(),
        instruct: instruct.value,
        ...(model && { from: model.label }),
      },
      ...(corpus.value && { corpus: corpus.value }),
      ...(model && { from: model.source }),
    })
  }
  return (
    <form
      class="settings"
      id="train-settings"
      onSubmit={event => {
        event.preventDefault()
        start()
      }}
    >
      <ModelChoices running={running} />
      <TextChoices running={running} />
      <SelectField
        id="train-minutes"
        label="Training time"
        disabled={running}
        value={String(minutes.value)}
        options={MINUTES.map(value => [String(value), `${value} minutes`])}
        onChoose={value => {
          minutes.value = Number(value)
        }}
      />
    </form>
  )
}

function ModelChoices({ running }: { running: boolean }) {
  return (
    <fieldset class="model-choices" disabled={running}>
      <legend>Model</legend>
      {sizes.map(({ id, name, detail }) => (
        <ChoiceRow
          key={id}
          type="radio"
          name="train-size"
          value={id}
          checked={from.value === '' && size.value === id}
          onChange={() => {
            size.value = id
            wanted.value = ''
          }}
          label={name}
          detail={detail}
        />
      ))}
      <ChoiceRow
        type="radio"
        name="train-size"
        value="from"
        checked={from.value !== ''}
        onChange={() => {
          wanted.value = choices.value[0]!.key
        }}
        label="A trained model"
        detail="Fine-tuning: training continues, on your text"
      />
      {from.value !== '' && (
        <SelectField
          id="train-from"
          label="Starts from"
          value={from.value}
          options={choices.value.map(({ key, label, detail }) => [key, `${label} (${detail})`])}
          onChoose={key => {
            wanted.value = key
          }}
        />
      )}
    </fieldset>
  )
}

function TextChoices({ running }: { running: boolean }) {
  return (
    <fieldset class="model-choices" disabled={running}>
      <legend>Text</legend>
      <ChoiceRow
        type="radio"
        name="train-corpus"
        checked={corpus.value === undefined}
        onChange={() => {
          corpus.value = undefined
        }}
        label="Bundled stories"
        detail="1 MB, written for this project"
      />
      <label class="model-choice file-choice">
        <input
          type="file"
          id="train-file"
          accept=".txt,text/plain"
          onChange={event => {
            corpus.value = event.currentTarget.files?.[0] ?? undefined
          }}
        />
        <span class={`dot${corpus.value ? ' on' : ''}`} aria-hidden="true" />
        <span class="model-name" dir="auto">
          {corpus.value?.name ?? 'A text of your own'}
        </span>
        <span class="model-detail">UTF-8, up to 32 MB; it stays on your machine</span>
      </label>
      <div class="train-request">
        <Check
          checked={instruct.value}
          onChange={checked => {
            instruct.value = checked
          }}
        >
          Stories on request
        </Check>{' '}
        <Term name="instructions" />
      </div>
    </fieldset>
  )
}
