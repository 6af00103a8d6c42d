import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'

/** Details of a {@link ConfigError} by its code. */
export interface ConfigErrorDetails {
  'unknown-preset': { preset: string; known: readonly string[] }
  /** `allowed` says what the option takes, such as `a whole number of at least 1`. */
  'invalid-option': { option: string; value: unknown; allowed: string }
  /** `nearest` is the number of heads nearest to `heads` that divides `hiddenSize`. */
  'heads-do-not-divide': { heads: number; hiddenSize: number; nearest: number }
  /** `attention` has `entries` entries, one for each of `layers` was expected. */
  'attention-length': { entries: number; layers: number }
  /** No map of the model has a name that ends like this; `known` are such ends. */
  'unknown-target': { target: string; known: readonly string[] }
  'sequence-too-long': { length: number; contextLength: number }
}

/** A configuration from which no model can be built, or an input that does not fit it. */
export const ConfigError: ErrorClass<'ConfigError', ConfigErrorDetails> = defineError('ConfigError', {
  'unknown-preset': ({ preset, known }) => ({
    problem: `Unknown preset "${preset}".`,
    remedy: `Known presets: ${known.join(', ')}.`,
  }),
  'invalid-option': ({ option, value, allowed }) => ({
    problem: `${option} must be ${allowed}, got ${showValue(value)}.`,
  }),
  'heads-do-not-divide': ({ heads, hiddenSize, nearest }) => ({
    problem: `heads (${heads}) must divide hiddenSize (${hiddenSize}): each head takes an equal share.`,
    remedy: `Try heads ${nearest}.`,
  }),
  'attention-length': ({ entries, layers }) => ({
    problem: `attention names ${entries} layers, but there are ${layers}.`,
    remedy: 'Give one entry for each layer.',
  }),
  'unknown-target': ({ target, known }) => ({
    problem: `No map of the model is named "${target}".`,
    remedy: `Known: all-linear, ${known.join(', ')}.`,
  }),
  'sequence-too-long': ({ length, contextLength }) => ({
    problem: `A sequence of ${length} tokens does not fit the context of ${contextLength}.`,
    remedy: `Give at most ${contextLength} tokens, or raise contextLength before training.`,
  }),
})
export type ConfigError = ErrorOf<typeof ConfigError>
