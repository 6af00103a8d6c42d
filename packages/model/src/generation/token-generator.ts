import type { Random } from '@tinystories/utils/random'
import type { GptConfig } from '../config.ts'
import type { BeamResult, BeamSettings } from './beams.ts'
import type { SampledToken, SamplingOptions } from './sample-token.ts'

/** A text that is being generated. */
export interface Sequence {
  /** The prompt and what was generated after it, stop tokens excluded. */
  tokens: number[]
  /** Index of the first token that the model still sees. */
  start: number
  /** Source of the numbers that its tokens are drawn with. */
  random: Pick<Random, 'uniform'>
}

/** Generates several texts together, whatever computes. */
export interface TokenGenerator<S extends Sequence> {
  /** The texts that are still being generated. */
  readonly sequences: readonly S[]
  /**
   * The next tokens of each text, in the order of `sequences`: the same number for each, at least one. The caller
   * appends them to the texts, as far as it wants them, before the next call.
   */
  next(): Promise<SampledToken[][]>
  /** Drops texts that are done; those that stay have all tokens that `next` gave. */
  keep(wanted: (sequence: S) => boolean): void
  dispose(): void
}

/** A model that has an engine of its own for generation. */
export interface GenerationEngine {
  readonly config: GptConfig
  /** Most texts that are generated together. */
  readonly maxRows: number
  /** Starts texts together; `generate` and its relatives call it. */
  start<S extends Sequence>(
    sequences: S[],
    options: SamplingOptions & { maxTokens: number },
  ): TokenGenerator<S>
  /** Log-probabilities of tokens in texts of at most the context; `score` and its relatives call it. */
  score(texts: readonly ScoredText[]): Promise<Float64Array[]>
  /** The best texts of each prompt; `beamSearch` calls it. */
  searchBeams(
    prompts: readonly (readonly number[])[],
    settings: BeamSettings,
    signal?: AbortSignal,
  ): Promise<BeamResult[][]>
}

/** A text, and tokens whose log-probabilities are wanted. */
export interface ScoredText {
  ids: readonly number[]
  /** Token `id` at `position`, from 1 to the length of the text, in rising order of positions. */
  queries: readonly { position: number; id: number }[]
}

/** Tokens of a text that the model sees. */
export function visibleLength({ tokens, start }: Sequence): number {
  return tokens.length - start
}

/**
 * A text that has outgrown the context forgets all but its last half (rounded down, at least one token), which is
 * read again from position 0: positions are absolute, so what moves must be computed again.
 *
 * @returns whether anything moved
 */
export function slideWindow(sequences: readonly Sequence[], contextLength: number): boolean {
  let moved = false
  for (const sequence of sequences) {
    if (visibleLength(sequence) <= contextLength) continue
    sequence.start = sequence.tokens.length - Math.max(1, Math.floor(contextLength / 2))
    moved = true
  }
  return moved
}
