import { expect } from 'vitest'
import { LlmError } from '../index.ts'

/** The LlmError that something throws or rejects with: one line that ends in a remedy. */
export async function failureOf(run: Promise<unknown> | (() => unknown)): Promise<LlmError> {
  const error = await Promise.resolve()
    .then(() => (typeof run === 'function' ? run() : run))
    .then(
      () => expect.fail('no error came'),
      (error: unknown) => error,
    )
  if (!LlmError.isInstance(error)) throw error
  expect(error.message).not.toContain('\n')
  expect(error.message).toMatch(/\. [A-Z][^.]*.*\.$/)
  return error
}
