import { messageOf } from '@tinystories/utils/errors'
import { remedies } from './remedies.ts'

/** What the page says about an error: the problem, and what the visitor can do about it in this page. */
export function describeError(error: unknown): string {
  if (!isCoded(error)) return messageOf(error)
  const remedy = remedies[error.name]?.[error.code] ?? error.remedy
  const text = typeof remedy === 'function' ? remedy(error.details as never) : remedy
  return text ? `${error.problem} ${text}` : error.problem
}

interface Coded extends Error {
  code: string
  details: unknown
  problem: string
  remedy: string | undefined
}

/** Whether an error is of a class made by `defineError`, also when it comes from a worker. */
function isCoded(error: unknown): error is Coded {
  return error instanceof Error && 'problem' in error && 'code' in error
}
