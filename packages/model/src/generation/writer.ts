import type { Random } from '../random.ts'
import type { SampledToken } from './sample-token.ts'

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
