import type { Signal } from '@preact/signals'
import { Slider } from './slider.tsx'

/** How freely tokens are drawn. */
export function TemperatureSlider({ id, temperature }: { id: string; temperature: Signal<number> }) {
  return (
    <Slider
      id={id}
      label="Temperature"
      value={temperature.value}
      min={0}
      max={1.5}
      step={0.05}
      format={value => (value === 0 ? 'always the likeliest' : value.toFixed(2))}
      onInput={value => {
        temperature.value = value
      }}
    />
  )
}
