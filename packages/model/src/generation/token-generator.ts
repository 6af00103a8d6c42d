import type { GptConfig } from '../config.ts'
import type { Random } from '../random.ts'
import type { SampledToken, SamplingOptions } from './sample-token.ts'

/** One text in the making. */
export interface Sequence {
  /** Prompt and what was written, without end. */
  tokens: number[]
  /** Index of the first token that the model still sees. */
  start: number
}

/** A text and what its tokens are drawn with. */
export interface SampledSequence extends Sequence {
  random: Pick<Random, 'uniform'>
}

/** Writes several texts together, whatever computes. */
export interface TokenGenerator<S extends SampledSequence> {
  /** The texts that are still written. */
  readonly sequences: readonly S[]
  /**
   * The next tokens of each text, in the order of `sequences`: the same number for each, at least one. The caller
   * appends them to the texts, as far as it wants them, before the next call.
   */
  next(): Promise<SampledToken[][]>
  /** Leaves out texts that are done; those that stay have all tokens that `next` gave. */
  keep(wanted: (sequence: S) => boolean): void
  dispose(): void
}

/** A model that has its own way of writing. */
export interface GenerationEngine {
  readonly config: GptConfig
  /** Most texts that are written together. */
  readonly maxRows: number
  /** Whether writing holds the caller's thread, so that others must be let through now and then. */
  readonly blocks: boolean
  /** Writes texts together; `generate` and its like call it. */
  writer<S extends SampledSequence>(
    sequences: S[],
    options: SamplingOptions & { maxTokens: number },
  ): TokenGenerator<S>
}

/** Tokens of a text that the model sees. */
export function visibleLength({ tokens, start }: Sequence): number {
  return tokens.length - start
}

/**
 * A text that has outgrown the context forgets all but its last half (rounded down, at least one token), which is
 * read anew: positions are absolute, so what moves must be computed again.
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
