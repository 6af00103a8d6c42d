import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** Details of a {@link PipelineError} by its code. */
export interface PipelineErrorDetails {
  /** The vocabulary has no token that ends a story. `tokenizer` names its file where there is one. */
  'no-end-of-text-token': { tokenizer?: string }
  /** No story is held out, so nothing can be evaluated. */
  'no-held-out-story': Record<string, never>
}

/** A run, an evaluation or a preparation cannot be done as asked for. */
export const PipelineError: ErrorClass<'PipelineError', PipelineErrorDetails> = defineError<
  'PipelineError',
  PipelineErrorDetails
>('PipelineError', {
  'no-end-of-text-token': ({ tokenizer }) => ({
    problem: `${tokenizer ?? 'The tokenizer'} has no token that ends a story (<|endoftext|> or [SEP]).`,
    remedy: 'Train a tokenizer that has one, or leave the option tokenizer out.',
  }),
  'no-held-out-story': () => ({
    problem: 'There is no held-out story to evaluate on.',
    remedy: 'Give more stories, or the option valid.',
  }),
})
export type PipelineError = ErrorOf<typeof PipelineError>
