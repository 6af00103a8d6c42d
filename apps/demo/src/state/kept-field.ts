import { effect, type Signal, signal } from '@preact/signals'

const PREFIX = 'tinystories-field-'

/**
 * A field of a form that a reload of this tab does not lose; a new tab has it as it was at first.
 *
 * @param name of its own on the whole page
 * @param initial what is kept is taken only where it is of this form: the same kind of value, lists with the same kind of
 *   items, records with the same fields
 * @param isAllowed whether the field can have a value of this form. Default: it can have any
 */
export function keptField<T>(
  name: string,
  initial: T,
  isAllowed: (value: T) => boolean = () => true,
): Signal<T> {
  const kept = read(`${PREFIX}${name}`)
  const field = signal(isLike(kept, initial) && isAllowed(kept as T) ? (kept as T) : initial)
  effect(() => write(`${PREFIX}${name}`, field.value))
  return field
}

/** The fields of one form, each kept under the form's name. */
export function keptFields<T extends object>(
  form: string,
  initial: T,
): { readonly [Name in keyof T]: Signal<T[Name]> } {
  const fields = Object.entries(initial).map(([name, value]) => [name, keptField(`${form}-${name}`, value)])
  return Object.fromEntries(fields)
}

/** Whether a value has the form of an example; an empty list says that its items are texts. */
export function isLike(value: unknown, example: unknown): boolean {
  if (Array.isArray(example))
    return Array.isArray(value) && value.every(item => isLike(item, example[0] ?? ''))
  if (typeof example !== 'object' || example === null) return typeof value === typeof example
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(example).every(([name, field]) =>
    isLike((value as Record<string, unknown>)[name], field),
  )
}

function read(key: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null')
  } catch {
    return null
  }
}

function write(key: string, value: unknown): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Without storage a field lasts as long as the page.
  }
}
