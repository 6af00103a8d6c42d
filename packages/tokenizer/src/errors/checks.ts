import { TokenizerError } from './tokenizer-error.ts'

/** The value if it is an integer of at least `least`; else an error that names the option. */
export function wholeNumber(option: string, value: unknown, least = 0): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value
  throw new TokenizerError('invalid-option', { option, value, expected: `an integer of at least ${least}` })
}
