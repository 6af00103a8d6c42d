/** Characters of a string or a list that messages show. */
const MAX_SHOWN = 60

/**
 * A value that nobody expected, as messages show it: strings quoted and cut when long, lists as JSON, objects only named.
 * Unlike `String` it takes every value, such as `{ "toString": 1 }` or one without a prototype.
 */
export function showValue(value: unknown): string {
  if (typeof value === 'string' || Array.isArray(value)) return cut(asJson(value) ?? 'a list')
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return 'an object'
  return Object.is(value, -0) ? '-0' : String(value)
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)
