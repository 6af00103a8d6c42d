import { expect } from 'vitest'
import type { TokenizerErrorDetails } from '../errors/tokenizer-error.ts'

/** Matches an error with this code and, among others, these details. */
export function failure(code: string, details: object = {}): Error {
  return expect.objectContaining({ code, details: expect.objectContaining(details) }) as Error
}

/** Matches a TokenizerError with this code and, among others, these details. */
export function tokenizerFailure<Code extends keyof TokenizerErrorDetails>(
  code: Code,
  details: Partial<TokenizerErrorDetails[Code]> = {},
): Error {
  return failure(code, details)
}
