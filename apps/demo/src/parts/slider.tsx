interface SliderProps {
  id: string
  label: string
  value: number
  min: number
  max: number
  step: number
  onInput(value: number): void
  /** What a reader sees for a value. */
  format?: (value: number) => string
}

/** A labelled slider that shows its value. */
export function Slider({ id, label, value, min, max, step, onInput, format = String }: SliderProps) {
  return (
    <div class="field slider">
      <label for={id}>{label}</label>
      <output for={id}>{format(value)}</output>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={format(value)}
        style={{ '--share': `${((value - min) / (max - min)) * 100}%` }}
        onInput={event => onInput(Number(event.currentTarget.value))}
      />
    </div>
  )
}
