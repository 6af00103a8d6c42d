import { inFlags } from './in-flags.ts'

/**
 * An error in one line. The packages' errors and ours say by themselves what, where and what to do; a defect of
 * the program shows its name, so that it can be reported.
 *
 * @param command the first word after `tinystories`, where there is one
 */
export function describeError(error: unknown, command?: string): string {
  return `error: ${inFlags(messageOf(error), command)}`
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const message = error.message.replaceAll(/\s*\n\s*/g, ' ')
  // Writing through an open file names no path.
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
    return `The disk is full (${message}). Free some space.`
  const isDefect = ['Error', 'TypeError', 'ReferenceError'].includes(error.name) && !('code' in error)
  return isDefect ? `${error.name}: ${message} (TINYSTORIES_DEBUG=1 shows where)` : message
}
