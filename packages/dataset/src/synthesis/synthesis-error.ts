import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** Details of a {@link SynthesisError} by its code. */
export interface SynthesisErrorDetails {
  /** The option `ood` is about instructions, and the option `instruct` is not set. */
  'ood-without-instruct': Record<string, never>
  /** A list of the vocabulary has no words. */
  'empty-vocabulary': Record<string, never>
  /** The output file exists, and nothing beside it says how it was written. */
  'unknown-output': { path: string }
  /** The output file was begun with another setting. */
  'setting-differs': { path: string; setting: string; saved: unknown; current: unknown }
  /** A line of the output file was not written here. */
  'foreign-line': { path: string; line: number }
  /** So many plans in a row gave no story. `dropped` counts them by reason. */
  'no-stories': { model: string; plans: number; dropped: Readonly<Record<string, number>> }
}

/** Stories cannot be generated, or their file cannot be continued. */
export const SynthesisError: ErrorClass<'SynthesisError', SynthesisErrorDetails> = defineError(
  'SynthesisError',
  {
    'ood-without-instruct': () => ({
      problem: 'ood is about instructions, and instruct is not set.',
      remedy: 'Set instruct as well.',
    }),
    'empty-vocabulary': () => ({
      problem: 'A list of the vocabulary is empty.',
      remedy: 'Give verbs, nouns and adjectives.',
    }),
    'unknown-output': ({ path }) => ({
      problem: `${path} exists, and nothing beside it says how to continue it.`,
      remedy: 'Choose another file or remove it.',
    }),
    'setting-differs': ({ path, setting, saved, current }) => ({
      problem: `${path} was begun with another ${setting} (${String(saved)}, not ${String(current)}).`,
      remedy: 'Continue with the same, or choose another file.',
    }),
    'foreign-line': ({ path, line }) => ({
      problem: `${path}, line ${line}: this is not a story that was generated here.`,
      remedy: 'Choose another file, or remove the line.',
    }),
    'no-stories': ({ model, plans, dropped }) => ({
      problem: `${model} gave no story for ${plans} plans in a row (${Object.entries(dropped)
        .map(([reason, times]) => `${times} ${reason}`)
        .join(', ')}).`,
      remedy: 'Try another model or other limits of length.',
    }),
  },
)
export type SynthesisError = ErrorOf<typeof SynthesisError>
