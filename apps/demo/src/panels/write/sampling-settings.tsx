import { Slider } from '../../parts/slider.tsx'
import { TemperatureSlider } from '../../parts/temperature-slider.tsx'
import { Term } from '../../parts/term.tsx'
import type { Writing } from './writing.ts'

/** How tokens are drawn. */
export function SamplingSettings({ fields: { temperature, topP, seed, keepSeed } }: Pick<Writing, 'fields'>) {
  return (
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
  )
}
