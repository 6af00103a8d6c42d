import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'

/** Details of a {@link GenerationError} by its code. `prompt` is the prompt's index where there are several. */
export interface GenerationErrorDetails {
  /** `allowed` says what the option takes, such as `a number of at least 0`. */
  'invalid-option': { option: string; value: unknown; allowed: string }
  'empty-prompt': { prompt?: number }
  'prompt-too-long': { prompt?: number; length: number; contextLength: number }
  /** The id at `position` of the prompt is none of the vocabulary. */
  'unknown-token': { prompt?: number; id: number; position: number; vocabSize: number }
  /** The model's logits are NaN or infinite. */
  'not-finite': Record<never, never>
  /** WebAssembly cannot have so much memory, by its own limit of 4 GiB or by the machine's. */
  'out-of-memory': { mebibytes: number }
  /** More than one thread was asked for outside of Node. */
  'needs-node': { threads: number }
  /** A thread or kernel of the engine ended. */
  'engine-failed': { reason: string }
}

const promptName = ({ prompt }: { prompt?: number }): string =>
  prompt === undefined ? 'The prompt' : `Prompt ${prompt}`

/** A prompt or an option that generation cannot work with, or an engine that cannot go on. */
export const GenerationError: ErrorClass<'GenerationError', GenerationErrorDetails> = defineError(
  'GenerationError',
  {
    'invalid-option': ({ option, value, allowed }) => ({
      problem: `${option} must be ${allowed}, got ${showValue(value)}.`,
    }),
    'empty-prompt': details => ({
      problem: `${promptName(details)} is empty.`,
      remedy: 'Give at least one token, such as the end-of-text token.',
    }),
    'prompt-too-long': ({ length, contextLength, ...details }) => ({
      problem: `${promptName(details)} has ${length} tokens, but the context holds ${contextLength}.`,
      remedy: `Give its last ${contextLength} at most.`,
    }),
    'unknown-token': ({ id, position, vocabSize, ...details }) => ({
      problem: `${promptName(details)} holds ${id} at ${position}; ids go from 0 to ${vocabSize - 1}.`,
      remedy: "Encode it with the model's own tokenizer.",
    }),
    'not-finite': () => ({
      problem: "The model's logits are not finite: its weights are broken.",
      remedy: 'Take an earlier checkpoint.',
    }),
    'out-of-memory': ({ mebibytes }) => ({
      problem: `The model and its texts need ${mebibytes} MiB, which WebAssembly cannot provide.`,
      remedy: 'Generate fewer texts at the same time, or use a tfjs backend.',
    }),
    'needs-node': ({ threads }) => ({
      problem: `${threads} threads for text generation need Node.`,
      remedy: 'In pages set threads to 1.',
    }),
    'engine-failed': ({ reason }) => ({ problem: `Text generation failed: ${reason}.` }),
  },
)
export type GenerationError = ErrorOf<typeof GenerationError>
