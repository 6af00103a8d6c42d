import { type GenerationModel, generateText, type SamplingOptions } from '@tinystories/model/generation'
import type { Tokenizer } from '@tinystories/tokenizer'

/** A model that generates, and the tokenizer it was trained with. */
export interface TextModel {
  model: GenerationModel
  tokenizer: Tokenizer
  /** Tokens that end a story besides the tokenizer's end of text. */
  stopIds?: readonly number[]
  /** The token that a story begins with. Default: the tokenizer's end of text. */
  startId?: number | undefined
}

/** Options of {@link writeStory}. */
export interface StoryOptions extends SamplingOptions {
  /** What stands before the story and is no part of it. Default: nothing. */
  instruction?: string
  /** Text that the story starts with. */
  prompt: string
  /** The same seed writes the same story. */
  seed: number
  /** Default 300. */
  maxTokens?: number
  /** Texts that end the story, themselves left out. */
  stop?: string[]
  signal?: AbortSignal
}

/** How stories are sampled unless something else is asked for. */
export const samplingDefaults = { temperature: 0.7, topP: 0.95, maxTokens: 300 } as const

/**
 * Generates one story piece by piece, the prompt first; the instruction is not part of it.
 *
 * @throws GenerationError when the prompt cannot be continued; nothing is yielded then
 */
export async function* writeStory(
  { model, tokenizer, stopIds = [], startId }: TextModel,
  options: StoryOptions,
): AsyncGenerator<string> {
  const { instruction = '', prompt, ...rest } = options
  const pieces = generateText({
    ...samplingDefaults,
    ...rest,
    prompt: instruction + prompt,
    model,
    tokenizer,
    stopIds,
    startId,
    beginStory: true,
  })
  const first = await pieces.next()
  yield prompt
  if (first.done) return
  yield first.value
  yield* pieces
}
