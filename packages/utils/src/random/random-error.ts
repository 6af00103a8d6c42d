import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** Details of a {@link RandomError} by its code. */
export interface RandomErrorDetails {
  /** A seed or the number of a stream is no safe integer. */
  'invalid-seed': { seed: number }
  /** The limit of `integer` is not from 1 to 2^53 - 1. */
  'invalid-limit': { limit: number }
  /** A saved state is not one of {@link Random}. */
  'invalid-state': { state: unknown }
}

/** A random generator was given something that it cannot use. */
export const RandomError: ErrorClass<'RandomError', RandomErrorDetails> = defineError('RandomError', {
  'invalid-seed': ({ seed }) => ({
    problem: `${seed} is no seed.`,
    remedy: `Use a whole number between -(2^53 - 1) and 2^53 - 1.`,
  }),
  'invalid-limit': ({ limit }) => ({
    problem: `There are no random integers below ${limit}.`,
    remedy: 'Use a whole number from 1 to 2^53 - 1.',
  }),
  'invalid-state': () => ({
    problem: 'This is not the state of a random generator.',
    remedy: 'Use what the property state gave.',
  }),
})
export type RandomError = ErrorOf<typeof RandomError>
