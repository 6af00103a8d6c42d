import type { GptConfig } from '../config.ts'
import type { SampledToken, SamplingOptions } from '../generation/sample-token.ts'
import {
  type SampledSequence,
  slideWindow,
  type TokenGenerator,
  visibleLength,
} from '../generation/token-generator.ts'
import type { Continuation } from './decoder.ts'
import type { DecoderThread } from './decoder-thread.ts'

/** A cache for one text. */
export interface CacheSlot {
  thread: number
  slot: number
}

export interface CacheSlots {
  /** A free one in the thread that has the fewest texts. */
  take(): CacheSlot
  free(place: CacheSlot): void
}

interface Progress extends CacheSlot {
  /** Where the text began for the model when it was read. */
  start: number
  /** How many of its tokens are in the cache. */
  read: number
}

/** How long threads write before they meet: shorter waits more often, longer holds the caller's thread longer. */
const MILLISECONDS_ALONE = 10
const MOST_TOKENS_ALONE = 16

/** Writes texts with the WASM engine. */
export class WasmGenerator<S extends SampledSequence> implements TokenGenerator<S> {
  sequences: S[]
  readonly #config: GptConfig
  readonly #threads: readonly DecoderThread[]
  readonly #places: CacheSlots
  readonly #options: SamplingOptions & { maxTokens: number }
  readonly #progress = new Map<S, Progress>()
  /** Tokens of each text that were written. */
  #written = 0
  /** Milliseconds that the last token of each text took. */
  #pace = Number.POSITIVE_INFINITY

  constructor(
    config: GptConfig,
    threads: readonly DecoderThread[],
    places: CacheSlots,
    sequences: S[],
    options: SamplingOptions & { maxTokens: number },
  ) {
    this.#config = config
    this.#threads = threads
    this.#places = places
    this.#options = options
    this.sequences = sequences
    for (const sequence of sequences)
      this.#progress.set(sequence, { ...places.take(), start: sequence.start, read: 0 })
  }

  async next(): Promise<SampledToken[][]> {
    slideWindow(this.sequences, this.#config.contextLength)
    const count = this.#count()
    const began = performance.now()
    const shares = this.#threads.map(() => [] as { index: number; text: Continuation }[])
    for (const [index, sequence] of this.sequences.entries()) {
      shares[this.#progress.get(sequence)!.thread]!.push({ index, text: this.#continuation(sequence, count) })
    }
    const tokens: SampledToken[][] = []
    // The last thread first: this one, the first, is busy as soon as it is asked.
    const answers = shares.map(async (_, i) => {
      const thread = shares.length - 1 - i
      const share = shares[thread]!
      if (share.length === 0) return
      const texts = share.map(({ text }) => text)
      const chosen = await this.#threads[thread]!.next(texts, this.#options, count)
      for (const [j, { index }] of share.entries()) tokens[index] = chosen[j]!
    })
    await Promise.all(answers)
    this.#written += count
    this.#pace = (performance.now() - began) / count
    return tokens
  }

  keep(wanted: (sequence: S) => boolean): void {
    for (const sequence of this.sequences) if (!wanted(sequence)) this.#leave(sequence)
    this.sequences = this.sequences.filter(wanted)
  }

  dispose(): void {
    for (const sequence of this.sequences) this.#leave(sequence)
    this.sequences = []
  }

  #leave(sequence: S): void {
    this.#places.free(this.#progress.get(sequence)!)
    this.#progress.delete(sequence)
  }

  /** Tokens to write of each text before threads meet; one where there is no other. What is written does not depend on it. */
  #count(): number {
    if (this.#threads.length === 1 || this.sequences.length === 1) return 1
    // A text must not move before it has read a last token at the end of the context.
    const room = this.#config.contextLength + 1 - Math.max(...this.sequences.map(visibleLength))
    const wanted = Math.max(1, Math.floor(MILLISECONDS_ALONE / this.#pace))
    return Math.min(wanted, MOST_TOKENS_ALONE, room, this.#options.maxTokens - this.#written)
  }

  /** What of the text is not yet in its cache: everything once it has moved. @param count tokens to be written */
  #continuation(sequence: S, count: number): Continuation {
    const progress = this.#progress.get(sequence)!
    if (progress.start !== sequence.start) {
      progress.start = sequence.start
      progress.read = 0
    }
    const { slot, read: position } = progress
    const { temperature = 1, repetitionPenalty = 1 } = this.#options
    progress.read = visibleLength(sequence) + count - 1
    return {
      slot,
      position,
      ids: sequence.tokens.slice(sequence.start + position),
      ...(temperature !== 0 && { uniforms: Array.from({ length: count }, () => sequence.random.uniform()) }),
      ...(repetitionPenalty !== 1 && { penalized: sequence.tokens }),
    }
  }
}
