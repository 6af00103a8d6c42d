import type { GptConfig } from '../config.ts'
import type { Random } from '../random.ts'
import type { SampledToken, SamplingOptions } from './sample-token.ts'

/** One text in the making. */
export interface Stream {
  /** Prompt and what was written, without end. */
  tokens: number[]
  /** Index of the first token that the model still sees. */
  start: number
}

/** A text and what its tokens are drawn with. */
export interface SampledStream extends Stream {
  random: Pick<Random, 'uniform'>
}

/** Writes several texts together, whatever computes. */
export interface Writer<S extends SampledStream> {
  /** The texts that are still written. */
  readonly streams: readonly S[]
  /**
   * The next tokens of each text, in the order of `streams`: the same number for each, at least one. The caller
   * appends them to the texts, as far as it wants them, before the next call.
   */
  next(): Promise<SampledToken[][]>
  /** Leaves out texts that are done; those that stay have all tokens that `next` gave. */
  keep(wanted: (stream: S) => boolean): void
  dispose(): void
}

/** A model that has its own way of writing. */
export interface WritingModel {
  readonly config: GptConfig
  /** Most texts that are written together. */
  readonly maxRows: number
  /** Whether writing holds the caller's thread, so that others must be let through now and then. */
  readonly blocks: boolean
  /** Writes texts together; `generate` and its like call it. */
  writer<S extends SampledStream>(streams: S[], options: SamplingOptions & { maxTokens: number }): Writer<S>
}

/** Tokens of a text that the model sees. */
export function seen({ tokens, start }: Stream): number {
  return tokens.length - start
}

/**
 * A text that has outgrown the context forgets all but its last half (rounded down, at least one token), which is
 * read anew: positions are absolute, so what moves must be computed again.
 *
 * @returns whether anything moved
 */
export function slide(streams: readonly Stream[], contextLength: number): boolean {
  let moved = false
  for (const stream of streams) {
    if (seen(stream) <= contextLength) continue
    stream.start = stream.tokens.length - Math.max(1, Math.floor(contextLength / 2))
    moved = true
  }
  return moved
}
