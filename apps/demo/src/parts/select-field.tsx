interface SelectFieldProps {
  id: string
  label: string
  value: string
  /** Each with the text that is shown for it. */
  options: readonly (readonly [value: string, text: string])[]
  onChoose(value: string): void
  disabled?: boolean
}

/** A labelled list of choices. */
export function SelectField({ id, label, value, options, onChoose, disabled = false }: SelectFieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={event => onChoose(event.currentTarget.value)}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key} dir="auto">
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}
