import { hashText } from '../hash.ts'
import type { Beginning } from './beginning.ts'
import type { Completion } from './completion.ts'
import { cutAtRepeat } from './cut-at-repeat.ts'

/** What a source of completions is asked to write: one trial of one beginning. */
export interface GenerateRequest {
  beginning: Beginning
  trial: number
  /** A whole number below 2^31 that depends on `seed`, beginning and trial only: resuming draws the same texts. */
  seed: number
  signal?: AbortSignal
}

/** Beginnings, and what goes on from them. */
export interface CompletionSource {
  beginnings: readonly Beginning[]
  /** Gives the text that follows the beginning, without it. */
  generate: (request: GenerateRequest) => string | Promise<string>
  /** Default 0. */
  seed?: number
  /** Cuts texts where a 4-gram comes again, for models that never stop. Default false. */
  cutRunOn?: boolean
}

/** Writes `trials` (10) completions of each beginning, all trials of a beginning in a row. */
export async function* generateCompletions(
  { beginnings, generate, seed = 0, cutRunOn = false }: CompletionSource,
  { trials = 10, signal }: { trials?: number; signal?: AbortSignal } = {},
): AsyncGenerator<Completion> {
  for (const beginning of beginnings) {
    for (let trial = 0; trial < trials; trial++) {
      signal?.throwIfAborted()
      const request = {
        beginning,
        trial,
        seed: seedOf(seed, beginning.id, trial),
        ...(signal ? { signal } : {}),
      }
      const text = await generate(request)
      yield {
        beginningId: beginning.id,
        trial,
        beginning: beginning.text,
        text: cutRunOn ? cutAtRepeat(text) : text,
        ...(beginning.instruction ? { instruction: beginning.instruction } : {}),
        ...(beginning.reference === undefined ? {} : { reference: beginning.reference }),
      }
    }
  }
}

function seedOf(seed: number, id: string, trial: number): number {
  return Number.parseInt(hashText(`${seed}\n${id}\n${trial}`, 8), 16) >>> 1
}
