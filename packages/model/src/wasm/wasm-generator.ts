import type { GptConfig } from '../config.ts'
import type { SampledToken, SamplingOptions } from '../generation/sample-token.ts'
import {
  type Sequence,
  slideWindow,
  type TokenGenerator,
  visibleLength,
} from '../generation/token-generator.ts'
import type { CacheSlot, CacheSlots } from './cache-slots.ts'
import type { DecodeText } from './decoder.ts'
import type { DecoderThread } from './decoder-thread.ts'

interface Progress extends CacheSlot {
  /** Where the text began for the model when it was read. */
  start: number
  /** How many of its tokens are in the cache. */
  read: number
}

/** How long threads generate before they meet: shorter waits more often, longer holds the caller's thread longer. */
const MILLISECONDS_APART = 10
const MOST_TOKENS_APART = 16

/** Generates texts with the WebAssembly kernels. */
export class WasmGenerator<S extends Sequence> implements TokenGenerator<S> {
  sequences: S[]
  readonly #config: GptConfig
  readonly #threads: readonly DecoderThread[]
  readonly #slots: CacheSlots
  readonly #options: SamplingOptions & { maxTokens: number }
  readonly #progress = new Map<S, Progress>()
  /** Tokens generated of each text. */
  #generated = 0
  /** Milliseconds that the last token of each text took. */
  #pace = Number.POSITIVE_INFINITY

  constructor(
    config: GptConfig,
    threads: readonly DecoderThread[],
    slots: CacheSlots,
    sequences: S[],
    options: SamplingOptions & { maxTokens: number },
  ) {
    this.#config = config
    this.#threads = threads
    this.#slots = slots
    this.#options = options
    this.sequences = sequences
    for (const sequence of sequences) {
      this.#progress.set(sequence, { ...slots.take(), start: sequence.start, read: 0 })
    }
  }

  async next(): Promise<SampledToken[][]> {
    slideWindow(this.sequences, this.#config.contextLength)
    const count = this.#count()
    const began = performance.now()
    const shares = this.#threads.map(() => [] as { index: number; text: DecodeText }[])
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
      const chosen = await this.#threads[thread]!.next(texts, count)
      for (const [j, { index }] of share.entries()) tokens[index] = chosen[j]!
    })
    await Promise.all(answers)
    this.#generated += count
    this.#pace = (performance.now() - began) / count
    return tokens
  }

  keep(wanted: (sequence: S) => boolean): void {
    for (const sequence of this.sequences) if (!wanted(sequence)) this.#free(sequence)
    this.sequences = this.sequences.filter(wanted)
  }

  dispose(): void {
    for (const sequence of this.sequences) this.#free(sequence)
    this.sequences = []
  }

  #free(sequence: S): void {
    this.#slots.free(this.#progress.get(sequence)!)
    this.#progress.delete(sequence)
  }

  /** Tokens to generate of each text before threads meet. The texts do not depend on it. */
  #count(): number {
    if (this.#threads.length === 1 || this.sequences.length === 1) return 1
    // A text must not move before it has read a last token at the end of the context.
    const room = this.#config.contextLength + 1 - Math.max(...this.sequences.map(visibleLength))
    const wanted = Math.max(1, Math.floor(MILLISECONDS_APART / this.#pace))
    return Math.min(wanted, MOST_TOKENS_APART, room, this.#options.maxTokens - this.#generated)
  }

  /** What of the text is not in its cache yet: everything once it has moved. @param count tokens to be generated */
  #continuation(sequence: S, count: number): DecodeText {
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
      sampling: this.#options,
      ...(temperature !== 0 && { uniforms: Array.from({ length: count }, () => sequence.random.uniform()) }),
      ...(repetitionPenalty !== 1 && { penalized: sequence.tokens }),
    }
  }
}
