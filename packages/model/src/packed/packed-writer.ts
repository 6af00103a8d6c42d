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

/** Writes texts with packed weights, one token of each at a time. */
export class PackedWriter<S extends SampledStream> implements Writer<S> {
  streams: S[]
  readonly #config: GptConfig
  readonly #threads: readonly DecoderThread[]
  readonly #places: Places
  readonly #options: SamplingOptions
  readonly #progress = new Map<S, Progress>()

  constructor(
    config: GptConfig,
    threads: readonly DecoderThread[],
    places: Places,
    streams: S[],
    options: SamplingOptions,
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
    const shares = this.#threads.map(() => [] as { index: number; text: Continuation }[])
    for (const [index, stream] of this.streams.entries()) {
      shares[this.#progress.get(stream)!.thread]!.push({ index, text: this.#continuation(stream) })
    }
    const tokens: SampledToken[][] = []
    // The last thread first: this one, the first, is busy as soon as it is asked.
    const answers = shares.map(async (_, i) => {
      const thread = shares.length - 1 - i
      const share = shares[thread]!
      if (share.length === 0) return
      const texts = share.map(({ text }) => text)
      const chosen = await this.#threads[thread]!.next(texts, this.#options)
      for (const [j, { index }] of share.entries()) tokens[index] = [chosen[j]!]
    })
    await Promise.all(answers)
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

  /** What of the text is not yet in its cache: everything once it has moved. */
  #continuation(stream: S): Continuation {
    const progress = this.#progress.get(stream)!
    if (progress.start !== stream.start) {
      progress.start = stream.start
      progress.read = 0
    }
    const { slot, read: position } = progress
    const { temperature = 1, repetitionPenalty = 1 } = this.#options
    progress.read = seen(stream)
    return {
      slot,
      position,
      ids: stream.tokens.slice(stream.start + position),
      ...(temperature !== 0 && { uniform: stream.random.uniform() }),
      ...(repetitionPenalty !== 1 && { penalised: stream.tokens }),
    }
  }
}
