import type { ComponentChildren } from 'preact'

interface ChoiceRowProps {
  /** One of several, or any of them. */
  type: 'radio' | 'checkbox'
  /** Of the group; radio buttons need one. */
  name?: string
  value?: string
  checked: boolean
  disabled?: boolean
  onChange(checked: boolean): void
  label: ComponentChildren
  /** A second line. */
  detail: ComponentChildren
}

/** A choice with a name and a line about it. */
export function ChoiceRow({ label, detail, onChange, ...input }: ChoiceRowProps) {
  return (
    <label class="model-choice">
      <input {...input} onChange={event => onChange(event.currentTarget.checked)} />
      <span class="model-name" dir="auto">
        {label}
      </span>
      <span class="model-detail">{detail}</span>
    </label>
  )
}
