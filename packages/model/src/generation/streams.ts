import * as tf from '@tensorflow/tfjs-core'
import type { GptModel } from '../parameters.ts'
import { decode, type KeyValueCache } from './decode.ts'
import { type SampledToken, type SamplingOptions, sampleToken } from './sample-token.ts'
import { type SampledStream, seen, slide, type Writer } from './writer.ts'

/**
 * The texts that are written together on the tfjs backend in force, and their cache. Rows are aligned at their last token and padded on the
 * left, so that each step adds one column whatever their lengths.
 */
export class Streams<S extends SampledStream> implements Writer<S> {
  readonly model: GptModel
  readonly useCache: boolean
  readonly sampling: SamplingOptions
  streams: S[]
  #cache: KeyValueCache | undefined
  /** Tokens in the cache, the padding of shorter rows included. */
  #past = 0

  constructor(model: GptModel, streams: S[], options: SamplingOptions & { cache?: boolean }) {
    this.model = model
    this.streams = streams
    this.useCache = options.cache ?? true
    this.sampling = options
  }

  async next(): Promise<SampledToken[][]> {
    const { vocabSize } = this.model.config
    const logits = await this.#logits()
    return this.streams.map(({ random, tokens }, i) => [
      sampleToken(logits.subarray(i * vocabSize, (i + 1) * vocabSize), this.sampling, random, tokens),
    ])
  }

  /** Logits after the last token of each stream, `[streams * vocabSize]`. Every call follows one new token each. */
  async #logits(): Promise<Float32Array> {
    if (slide(this.streams, this.model.config.contextLength)) this.dispose()
    const { config, parameters } = this.model
    const { logits, cache } = tf.tidy(() =>
      decode(config, parameters, this.#cache ? this.#oneColumn() : this.#allColumns()),
    )
    this.dispose()
    if (this.useCache) {
      this.#cache = cache
      this.#past = cache.keys[0]!.shape[2]
    } else tf.dispose(cache)
    try {
      return (await logits.data()) as Float32Array
    } finally {
      logits.dispose()
    }
  }

  /** Leaves out the streams that are done, and the padding that only they needed. */
  keep(wanted: (stream: S) => boolean): void {
    const indices = this.streams.flatMap((stream, i) => (wanted(stream) ? [i] : []))
    if (indices.length === this.streams.length) return
    this.streams = indices.map(i => this.streams[i]!)
    if (!this.#cache) return
    if (indices.length === 0) {
      this.dispose()
      return
    }
    // The last token is not yet in the cache.
    const longest = Math.max(...this.streams.map(seen)) - 1
    const old = this.#cache
    this.#cache = tf.tidy(() => {
      const rows = tf.tensor1d(indices, 'int32')
      const shrink = (x: tf.Tensor4D): tf.Tensor4D => {
        const [, heads, , headSize] = x.shape
        const tail = tf.slice(x, [0, 0, this.#past - longest, 0], [-1, heads, longest, headSize])
        return tf.gather(tail, rows)
      }
      return { keys: old.keys.map(shrink), values: old.values.map(shrink) }
    })
    this.#past = longest
    tf.dispose(old)
  }

  dispose(): void {
    if (this.#cache) tf.dispose(this.#cache)
    this.#cache = undefined
  }

  #oneColumn() {
    const { streams } = this
    return {
      ids: tf.tensor2d(
        streams.map(({ tokens }) => tokens.at(-1)!),
        [streams.length, 1],
        'int32',
      ),
      positions: tf.tensor2d(
        streams.map(stream => seen(stream) - 1),
        [streams.length, 1],
        'int32',
      ),
      ...this.#padding(this.#past + 1),
      cache: this.#cache!,
    }
  }

  #allColumns() {
    const { streams } = this
    const length = Math.max(...streams.map(seen))
    const ids = new Int32Array(streams.length * length)
    const positions = new Int32Array(ids.length)
    for (const [row, stream] of streams.entries()) {
      const padding = length - seen(stream)
      for (let i = padding; i < length; i++) {
        ids[row * length + i] = stream.tokens[stream.start + i - padding]!
        positions[row * length + i] = i - padding
      }
    }
    return {
      ids: tf.tensor2d(ids, [streams.length, length], 'int32'),
      positions: tf.tensor2d(positions, [streams.length, length], 'int32'),
      ...this.#padding(length),
    }
  }

  #padding(length: number): { padding?: tf.Tensor2D } {
    const { streams } = this
    if (streams.every(stream => seen(stream) === length)) return {}
    const padding = new Float32Array(streams.length * length)
    for (const [row, stream] of streams.entries()) {
      padding.fill(-1e9, row * length, row * length + length - seen(stream))
    }
    return { padding: tf.tensor2d(padding, [streams.length, length]) }
  }
}
