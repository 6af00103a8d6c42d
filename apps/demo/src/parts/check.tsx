import type { ComponentChildren } from 'preact'

interface CheckProps {
  checked: boolean
  onChange(checked: boolean): void
  children: ComponentChildren
  /** Shown when it is pointed at. */
  title?: string
  /** For readers who do not see what is around it. Default: its text. */
  name?: string
}

/** A box to check, with its label behind it. */
export function Check({ checked, onChange, children, title, name }: CheckProps) {
  return (
    <label class="check" title={title}>
      <input
        type="checkbox"
        checked={checked}
        aria-label={name}
        onChange={event => onChange(event.currentTarget.checked)}
      />
      {children}
    </label>
  )
}
