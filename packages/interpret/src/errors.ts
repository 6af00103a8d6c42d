import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** Details of an {@link InterpretError} by its code. */
export interface InterpretErrorDetails {
  /** A patch has another shape than the tensor it replaces. */
  'patch-shape': { name: string; found: readonly number[]; expected: readonly number[] }
  /** The model has no such layer or head. */
  'no-such-part': { part: 'layer' | 'head'; index: number; count: number }
}

/** A model cannot be looked into as asked. */
export const InterpretError: ErrorClass<'InterpretError', InterpretErrorDetails> = defineError(
  'InterpretError',
  {
    'patch-shape': ({ name, found, expected }) => ({
      problem: `The patch of "${name}" is [${found}], not [${expected}].`,
      remedy: 'Return a tensor of the same shape, or undefined.',
    }),
    'no-such-part': ({ part, index, count }) => ({
      problem: `The model has no ${part} ${index}: it has ${count}, numbered from 0.`,
    }),
  },
)
export type InterpretError = ErrorOf<typeof InterpretError>
