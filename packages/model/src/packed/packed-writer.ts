import type { GptConfig } from '../config.ts'
import type { SampledToken, SamplingOptions } from '../generation/sample-token.ts'
import { type SampledStream, seen, slide, type Writer } from '../generation/writer.ts'
import type { Continuation } from './decoder.ts'
import type { DecoderThread } from './decoder-thread.ts'

/** A cache for one text. */
export interface Place {
  thread: number
  slot: number
}

export interface Places {
  /** A free one in the thread that has the fewest texts. */
  take(): Place
  free(place: Place): void
}

interface Progress extends Place {
  /** Where the text began for the model when it was read. */
  start: number
  /** How many of its tokens are in the cache. */
  read: number
}

/** How long threads write before they meet: shorter waits more often, longer holds the caller's thread longer. */
const MILLISECONDS_ALONE = 10
const MOST_TOKENS_ALONE = 16

/** Writes texts with packed weights. */
export class PackedWriter<S extends SampledStream> implements Writer<S> {
  streams: S[]
  readonly #config: GptConfig
  readonly #threads: readonly DecoderThread[]
  readonly #places: Places
  readonly #options: SamplingOptions & { maxTokens: number }
  readonly #progress = new Map<S, Progress>()
  /** Tokens of each text that were written. */
  #written = 0
  /** Milliseconds that the last token of each text took. */
  #pace = Number.POSITIVE_INFINITY

  constructor(
    config: GptConfig,
    threads: readonly DecoderThread[],
    places: Places,
    streams: S[],
    options: SamplingOptions & { maxTokens: number },
  ) {
    this.#config = config
    this.#threads = threads
    this.#places = places
    this.#options = options
    this.streams = streams
    for (const stream of streams)
      this.#progress.set(stream, { ...places.take(), start: stream.start, read: 0 })
  }

  async next(): Promise<SampledToken[][]> {
    slide(this.streams, this.#config.contextLength)
    const count = this.#count()
    const began = performance.now()
    const shares = this.#threads.map(() => [] as { index: number; text: Continuation }[])
    for (const [index, stream] of this.streams.entries()) {
      shares[this.#progress.get(stream)!.thread]!.push({ index, text: this.#continuation(stream, count) })
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

  keep(wanted: (stream: S) => boolean): void {
    for (const stream of this.streams) if (!wanted(stream)) this.#leave(stream)
    this.streams = this.streams.filter(wanted)
  }

  dispose(): void {
    for (const stream of this.streams) this.#leave(stream)
    this.streams = []
  }

  #leave(stream: S): void {
    this.#places.free(this.#progress.get(stream)!)
    this.#progress.delete(stream)
  }

  /** Tokens to write of each text before threads meet; one where there is no other. What is written does not depend on it. */
  #count(): number {
    if (this.#threads.length === 1 || this.streams.length === 1) return 1
    // A text must not move before it has read a last token at the end of the context.
    const room = this.#config.contextLength + 1 - Math.max(...this.streams.map(seen))
    const wanted = Math.max(1, Math.floor(MILLISECONDS_ALONE / this.#pace))
    return Math.min(wanted, MOST_TOKENS_ALONE, room, this.#options.maxTokens - this.#written)
  }

  /** What of the text is not yet in its cache: everything once it has moved. @param count tokens to be written */
  #continuation(stream: S, count: number): Continuation {
    const progress = this.#progress.get(stream)!
    if (progress.start !== stream.start) {
      progress.start = stream.start
      progress.read = 0
    }
    const { slot, read: position } = progress
    const { temperature = 1, repetitionPenalty = 1 } = this.#options
    progress.read = seen(stream) + count - 1
    return {
      slot,
      position,
      ids: stream.tokens.slice(stream.start + position),
      ...(temperature !== 0 && { uniforms: Array.from({ length: count }, () => stream.random.uniform()) }),
      ...(repetitionPenalty !== 1 && { penalised: stream.tokens }),
    }
  }
}
