import { useSignal, useSignalEffect } from '@preact/signals'
import { filesOfDrop } from '../../parts/dropped-files.ts'
import { OtherModel } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Slider } from '../../parts/slider.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { addChoice, choices, choicesProblem } from '../../state/models.ts'
import type { GradeSession } from './grade-session.ts'
import { MOST_MODELS, someBeginnings } from './pupils.ts'

/** Which models write, and from what beginnings. */
export function PupilsForm({ session }: { session: GradeSession }) {
  const { chosen, beginnings, trials, temperature, writing, marking, written, pupils } = session
  const next = useSignal(4)
  const dropProblem = useSignal<string | undefined>(undefined)

  // Two of those that ship are a comparison already.
  useSignalEffect(() => {
    const known = choices.value.map(choice => choice.key)
    if (chosen.peek().length === 0) chosen.value = known.slice(-2)
  })
  const choose = (key: string, wanted: boolean): void => {
    const others = chosen.value.filter(each => each !== key)
    chosen.value = wanted ? [...others, key].slice(-MOST_MODELS) : others
  }
  const take = (files: Record<string, Blob>, name: string): void => {
    choose(addChoice({ label: name, detail: 'your files', source: { kind: 'files', name, files } }), true)
  }
  const busy = writing.value !== undefined
  const isPartial = pupils.value.length > 0 && !written.value && !busy
  const full = chosen.value.length >= MOST_MODELS

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
          dropProblem.value = (error as Error).message
        }
      }}
    >
      <div class="beginning">
        <label for="grade-beginnings">Beginnings, one a line</label>
        <textarea
          id="grade-beginnings"
          rows={7}
          value={beginnings.value}
          onInput={event => {
            beginnings.value = event.currentTarget.value
          }}
        />
        <div class="actions">
          <button
            type="button"
            onClick={() => {
              beginnings.value = someBeginnings(4, next.value)
              next.value += 4
            }}
          >
            Four others
          </button>
          <p class="quiet grade-small">Each stops inside a sentence: can the model finish it?</p>
        </div>
      </div>
      <div class="grade-settings">
        <fieldset>
          <legend>Up to {MOST_MODELS} models</legend>
          <div class="model-choices">
            {choices.value.map(choice => (
              <label key={choice.key} class="model-choice">
                <input
                  type="checkbox"
                  checked={chosen.value.includes(choice.key)}
                  disabled={full && !chosen.value.includes(choice.key)}
                  onChange={event => choose(choice.key, event.currentTarget.checked)}
                />
                <span class="model-name">{choice.label}</span>
                <span class="model-detail">{choice.detail}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <div class="settings">
          <Slider
            id="grade-trials"
            label="Completions of each beginning"
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
      <Problem>
        {session.writeProblem.value ??
          dropProblem.value ??
          (choices.value.length === 0 ? choicesProblem.value : undefined)}
      </Problem>
      {session.isUnknownScript.value && (
        <p class="warning" role="status">
          A model does not know most of the characters of a beginning: it read them as one unknown sign. These
          models learnt English stories.
        </p>
      )}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy || marking.value !== undefined}>
          {isPartial ? 'Go on writing' : written.value ? 'Write others' : 'Write the completions'}
        </button>
        <button type="button" disabled={!busy} onClick={() => session.stop()}>
          Stop
        </button>
        <p class="status" role="status">
          {writing.value
            ? `${writing.value.name}: ${writing.value.done} of ${writing.value.total}`
            : written.value &&
              `${pupils.value.reduce((n, pupil) => n + pupil.completions.length, 0)} written`}
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
