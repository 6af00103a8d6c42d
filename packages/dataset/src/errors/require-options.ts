import { DatasetError } from './dataset-error.ts'

/**
 * An option that must be a whole number.
 *
 * @throws DatasetError `invalid-option`
 */
export function requireInteger(
  option: string,
  value: number,
  least: number = Number.MIN_SAFE_INTEGER,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value
  const range =
    most < Number.MAX_SAFE_INTEGER
      ? ` from ${least} to ${most}`
      : least === Number.MIN_SAFE_INTEGER
        ? ''
        : ` of at least ${least}`
  throw new DatasetError('invalid-option', { option, value, expected: `a whole number${range}` })
}

/**
 * An option that must be a share.
 *
 * @throws DatasetError `invalid-option`
 */
export function requireShare(option: string, value: number): number {
  if (value >= 0 && value <= 1) return value
  throw new DatasetError('invalid-option', { option, value, expected: 'a number from 0 to 1' })
}
