import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** Details of an {@link InputError} by its code. `source` is the file, address or option that was read. */
export interface InputErrorDetails {
  /** The text is no JSON. `problem` says what the parser met. */
  'not-json': { source: string; problem: string }
  /** Lists and objects are nested more deeply than `limit`. */
  'too-deep': { source: string; limit: number }
  /** The text or file has more bytes than `limit`. */
  'too-large': { source: string; bytes: number; limit: number }
  /** A value does not fit its schema. `path` is its place, such as `rows[3].score`, empty for the whole. */
  'invalid-value': { source: string; path: string; expected: string; received: string }
}

/** A file, reply or option from outside does not have the form that was expected. */
export const InputError: ErrorClass<'InputError', InputErrorDetails> = defineError('InputError', {
  'not-json': ({ source, problem }) => ({
    problem: `${source} is not valid JSON: ${problem}.`,
    remedy: 'Check the file, or make it again.',
  }),
  'too-deep': ({ source, limit }) => ({
    problem: `${source} nests lists and objects more than ${limit} levels deep.`,
    remedy: 'Check that it is the right file.',
  }),
  'too-large': ({ source, bytes, limit }) => ({
    problem: `${source} has ${bytes} bytes; at most ${limit} are read.`,
    remedy: 'Check that it is the right file.',
  }),
  'invalid-value': ({ source, path, expected, received }) => ({
    problem: `${source}${path === '' ? '' : `: ${path}`}: expected ${expected}, found ${received}.`,
    remedy: 'Correct it, or make the file again.',
  }),
})
export type InputError = ErrorOf<typeof InputError>
