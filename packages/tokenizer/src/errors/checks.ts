import { TokenizerError } from './errors.ts'

/** The value if it is a whole number of at least `least`; else an error that names the place. */
export function wholeNumber(where: string, value: unknown, least = 0): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value
  throw unexpected(where, `a whole number of at least ${least}`, value)
}

/** The error for a value that is not what is wanted. */
export function unexpected(where: string, wanted: string, found: unknown): TokenizerError {
  // JSON has no word for NaN and the infinities.
  const shown = typeof found === 'number' ? String(found) : (JSON.stringify(found) ?? typeof found)
  const what = found === undefined ? 'missing' : shown.slice(0, 60)
  return new TokenizerError(`${where}: expected ${wanted}, found ${what}`)
}
