import { signal } from '@preact/signals'
import { Term } from '../../parts/term.tsx'
import { choices } from '../../state/models.ts'
import { sizes } from '../../training/settings.ts'
import { randomSeed } from '../write/story.ts'
import type { Training } from './training.ts'

const BUNDLED = 'bundled stories'
const MINUTES = [2, 5, 10, 30]

// Module state: the choice survives a re-render of the panel.
const size = signal(sizes[0]!.id)
/** The key of the model that is trained further. */
const from = signal<string | undefined>(undefined)
const minutes = signal(5)
const corpus = signal<File | undefined>(undefined)
const instruct = signal(false)

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
      <div class="field">
        <label for="train-minutes">Training time</label>
        <select
          id="train-minutes"
          disabled={running}
          value={String(minutes.value)}
          onChange={event => {
            minutes.value = parseInt(event.currentTarget.value, 10)
          }}
        >
          {MINUTES.map(value => (
            <option key={value} value={String(value)}>
              {value} minutes
            </option>
          ))}
        </select>
      </div>
    </form>
  )
}

function ModelChoices({ running }: { running: boolean }) {
  return (
    <fieldset class="model-choices" disabled={running}>
      <legend>Model</legend>
      {sizes.map(({ id, name, detail }) => (
        <label key={id} class="model-choice">
          <input
            type="radio"
            name="train-size"
            value={id}
            checked={from.value === undefined && size.value === id}
            onChange={() => {
              size.value = id
              from.value = undefined
            }}
          />
          <span class="model-name">{name}</span>
          <span class="model-detail">{detail}</span>
        </label>
      ))}
      <label class="model-choice">
        <input
          type="radio"
          name="train-size"
          value="from"
          checked={from.value !== undefined}
          onChange={() => {
            from.value = choices.value[0]!.key
          }}
        />
        <span class="model-name">A trained model</span>
        <span class="model-detail">Fine-tuning: training continues, on your text</span>
      </label>
      {from.value !== undefined && (
        <div class="field">
          <label for="train-from">Starts from</label>
          <select
            id="train-from"
            value={from.value}
            onChange={event => {
              from.value = event.currentTarget.value
            }}
          >
            {choices.value.map(({ key, label, detail }) => (
              <option key={key} value={key} dir="auto">
                {label} ({detail})
              </option>
            ))}
          </select>
        </div>
      )}
    </fieldset>
  )
}

function TextChoices({ running }: { running: boolean }) {
  return (
    <fieldset class="model-choices" disabled={running}>
      <legend>Text</legend>
      <label class="model-choice">
        <input
          type="radio"
          name="train-corpus"
          checked={corpus.value === undefined}
          onChange={() => {
            corpus.value = undefined
          }}
        />
        <span class="model-name">Bundled stories</span>
        <span class="model-detail">1 MB, written for this project</span>
      </label>
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
        <label class="check">
          <input
            type="checkbox"
            checked={instruct.value}
            onChange={event => {
              instruct.value = event.currentTarget.checked
            }}
          />
          Stories on request
        </label>{' '}
        <Term name="instructions" />
      </div>
    </fieldset>
  )
}
