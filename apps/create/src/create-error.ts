import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** Details of a {@link CreateError} by its code. */
export interface CreateErrorDetails {
  /** No name was given, and nobody can be asked. */
  'no-name': Record<never, never>
  /** More than one name was given: npm keeps flags that do not stand behind `--`, and leaves their values. */
  'many-names': { names: string[] }
  /** The folder for the page has something in it. */
  'not-empty': { folder: string }
  /** The folder that was named has no model, or not all of its files. */
  'no-model': { folder: string; missing: string[] }
}

/** A page cannot be made. */
export const CreateError: ErrorClass<'CreateError', CreateErrorDetails> = defineError('CreateError', {
  'no-name': () => ({
    problem: 'The page has no name.',
    remedy: 'Name its folder: npm create @tinystories my-page',
  }),
  'many-names': ({ names }) => ({
    problem: `One page has one name, and there are ${names.length}: ${names.join(', ')}.`,
    remedy: 'Flags stand behind --: npm create @tinystories my-page -- --model runs/mine',
  }),
  'not-empty': ({ folder }) => ({
    problem: `${folder} is not empty.`,
    remedy: 'Name a folder that is new or empty.',
  }),
  'no-model': ({ folder, missing }) => ({
    problem: `${folder} has no ${missing.join(', ')}.`,
    remedy: 'Name a run, or a folder that tinystories export --format transformers wrote.',
  }),
})
export type CreateError = ErrorOf<typeof CreateError>
