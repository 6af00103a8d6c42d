import { showValue } from './show-value.ts'

/** The message of something thrown, which need not be an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === 'string' ? error : showValue(error)
}
