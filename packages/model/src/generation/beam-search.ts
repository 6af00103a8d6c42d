import { GenerationError } from '../errors/index.ts'
import { type BeamResult, type BeamSettings, searchBeams } from './beams.ts'
import { type Completion, checkPrompt, type GenerationModel } from './generate.ts'
import { TfjsBeams } from './tfjs-beams.ts'

/** Options of {@link beamSearch}. The defaults are those of transformers. */
export interface BeamSearchOptions {
  /** Texts that are followed side by side. Default 4. */
  beams?: number
  /** Texts to return of each prompt, best first; at most `beams`. Default 1. */
  count?: number
  /** A text's score is its log-probability over its length to this power: above 0 favors long texts. Default 1. */
  lengthPenalty?: number
  /**
   * When to stop once `beams` texts have ended: `true` at once; `false` when it is unlikely that a better one comes;
   * `'never'` when that is impossible. Default false.
   */
  earlyStopping?: boolean | 'never'
  /** Most tokens to generate; a text ends where the context does. Default 200. */
  maxTokens?: number
  /** Tokens that end the text; they are not part of it. Default: none. */
  stopIds?: Iterable<number>
  /** Ends the search between two steps, with the signal's reason as the error. */
  signal?: AbortSignal
}

/** A text that {@link beamSearch} found, without its prompt. */
export interface BeamCompletion extends Completion {
  /** Log-probability, that of a stop token included, over the length to the power of `lengthPenalty`. */
  score: number
}

/**
 * Finds the most probable continuations of prompts by beam search: deterministic, and equal to `generate` of transformers
 * with `num_beams`, `num_return_sequences`, `length_penalty` and `early_stopping`.
 *
 * @returns for each prompt up to `count` texts, best first
 * @throws GenerationError as `generate` does
 */
export async function beamSearch(
  model: GenerationModel,
  prompts: readonly ArrayLike<number>[],
  options: BeamSearchOptions = {},
): Promise<BeamCompletion[][]> {
  const { contextLength } = model.config
  const { maxTokens, signal, ...settings } = checkOptions(options)
  for (const [i, prompt] of prompts.entries()) {
    checkPrompt(model.config, prompt, prompts.length > 1 ? i : undefined)
  }
  if (maxTokens === 0) {
    return prompts.map(() => [{ ids: [], logProbabilities: [], finishReason: 'length', score: 0 }])
  }
  // Prompts of one length share their limit, so that they can be searched together.
  const byRoom = new Map<number, number[]>()
  for (const [i, { length }] of prompts.entries()) {
    const room = Math.min(maxTokens, contextLength - length + 1)
    byRoom.set(room, [...(byRoom.get(room) ?? []), i])
  }
  const stopIds = new Set(settings.stopIds)
  const completions: BeamCompletion[][] = []
  for (const [room, indices] of byRoom) {
    const part = indices.map(i => Array.from(prompts[i]!))
    const results = await runBeams(model, part, { ...settings, maxTokens: room }, signal)
    for (const [j, found] of results.entries()) {
      completions[indices[j]!] = found.map(({ ids, logProbabilities, score }) => {
        const stopped = stopIds.has(ids.at(-1)!)
        const length = ids.length - (stopped ? 1 : 0)
        return {
          ids: ids.slice(0, length),
          logProbabilities: logProbabilities.slice(0, length),
          finishReason: stopped ? 'stop' : 'length',
          score,
        }
      })
    }
  }
  return completions
}

/** A search with settings that are known to be right, on either engine. */
export function runBeams(
  model: GenerationModel,
  prompts: readonly (readonly number[])[],
  settings: BeamSettings,
  signal: AbortSignal | undefined,
): Promise<BeamResult[][]> {
  if ('searchBeams' in model) return model.searchBeams(prompts, settings, signal)
  return searchBeams(new TfjsBeams(model), prompts, settings, signal)
}

function checkOptions({
  beams = 4,
  count = 1,
  lengthPenalty = 1,
  earlyStopping = false,
  maxTokens = 200,
  stopIds = [],
  signal,
}: BeamSearchOptions): BeamSettings & { signal: AbortSignal | undefined } {
  const check = (option: string, value: unknown, good: boolean, allowed: string): void => {
    if (!good) throw new GenerationError('invalid-option', { option, value, allowed })
  }
  const isWhole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least
  check('beams', beams, isWhole(beams, 1) && beams <= 64, 'a whole number from 1 to 64')
  check('count', count, isWhole(count, 1) && count <= beams, `a whole number from 1 to the ${beams} beams`)
  check('lengthPenalty', lengthPenalty, Number.isFinite(lengthPenalty), 'a number')
  check('maxTokens', maxTokens, isWhole(maxTokens, 0), 'a whole number of at least 0')
  return { beams, count, lengthPenalty, earlyStopping, maxTokens, stopIds: [...new Set(stopIds)], signal }
}
