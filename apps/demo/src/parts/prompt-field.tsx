import type { Signal } from '@preact/signals'

interface PromptFieldProps {
  id: string
  label: string
  rows: number
  text: Signal<string>
  onKeyDown?: (event: KeyboardEvent) => void
}

/** A labelled field for text of any script. */
export function PromptField({ id, label, rows, text, onKeyDown }: PromptFieldProps) {
  return (
    <>
      <label for={id}>{label}</label>
      <textarea
        id={id}
        dir="auto"
        rows={rows}
        value={text.value}
        onInput={event => {
          text.value = event.currentTarget.value
        }}
        {...(onKeyDown && { onKeyDown })}
      />
    </>
  )
}
