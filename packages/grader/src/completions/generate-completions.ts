import { hashText } from '../hash.ts'
import type { Completion } from './completion.ts'
import type { Prompt } from './prompt.ts'
import { truncateAtRepeat } from './truncate-at-repeat.ts'

/** What a source of completions is asked to write: one trial of one prompt. */
export interface GenerateRequest {
  prompt: Prompt
  trial: number
  /** A whole number below 2^31 that depends on `seed`, prompt and trial only: resuming draws the same texts. */
  seed: number
  signal?: AbortSignal
}

/** Prompts, and the model that continues them. */
export interface CompletionSource {
  prompts: readonly Prompt[]
  /** Gives the text that follows the prompt, without it. */
  generate: (request: GenerateRequest) => string | Promise<string>
  /** Default 0. */
  seed?: number
  /** Cuts texts where a 4-gram comes again, for models that never stop. Default false. */
  truncateRepeats?: boolean
}

/** Writes `trials` (10) completions of each prompt, all trials of a prompt in a row. */
export async function* generateCompletions(
  { prompts, generate, seed = 0, truncateRepeats = false }: CompletionSource,
  { trials = 10, signal }: { trials?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Completion> {
  for (const prompt of prompts) {
    for (let trial = 0; trial < trials; trial++) {
      signal?.throwIfAborted()
      const request = {
        prompt,
        trial,
        seed: seedOf(seed, prompt.id, trial),
        ...(signal ? { signal } : {}),
      }
      const text = await generate(request)
      yield {
        promptId: prompt.id,
        trial,
        prompt: prompt.text,
        text: truncateRepeats ? truncateAtRepeat(text) : text,
        ...(prompt.instruction ? { instruction: prompt.instruction } : {}),
        ...(prompt.reference === undefined ? {} : { reference: prompt.reference }),
      }
    }
  }
}

function seedOf(seed: number, id: string, trial: number): number {
  return Number.parseInt(hashText(`${seed}\n${id}\n${trial}`, 8), 16) >>> 1
}
