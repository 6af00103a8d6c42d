import type { ErrorText } from '@tinystories/utils/errors'
import type { Words } from './wording.ts'
import { wordings } from './wordings.ts'

/**
 * An error in one line: what, where and what to do. A defect of the program shows its name, so that it can be reported.
 *
 * @param command what failed, such as `train` or `data prepare`, where it is known
 */
export function describeError(error: unknown, command?: string): string {
  return `error: ${messageOf(error, command)}`
}

/** What {@link describeError} says, without `error:`. */
export function messageOf(error: unknown, command?: string): string {
  if (!(error instanceof Error)) return String(error)
  if (isCoded(error)) {
    const { problem, remedy } = { ...error, ...wordsOf(error)?.(error.details, command) }
    return inOneLine(remedy === undefined ? problem : `${problem} ${remedy}`)
  }
  const message = inOneLine(error.message)
  // Writing through an open file names no path.
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
    return `The disk is full (${message}). Free some space.`
  const isDefect = ['Error', 'TypeError', 'ReferenceError'].includes(error.name) && !('code' in error)
  return isDefect ? `${error.name}: ${message} (TINYSTORIES_DEBUG=1 shows where)` : message
}

/** An error of one of the packages: what `defineError` makes. */
interface Coded extends Error, ErrorText {
  code: string
  details: unknown
}

function isCoded(error: Error): error is Coded {
  return 'problem' in error && 'details' in error && 'code' in error
}

function wordsOf({ name, code }: Coded): Words<unknown> | undefined {
  const wording = (wordings as Record<string, Record<string, Words<never>>>)[name]
  return wording?.[code] as Words<unknown> | undefined
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}
