import * as tf from '@tensorflow/tfjs-core'
import type { GptModel } from '../parameters.ts'
import { decode, type KeyValueCache } from './decode.ts'
import { type SampledToken, type SamplingOptions, sampleToken } from './sample-token.ts'
import { type Sequence, slideWindow, type TokenGenerator, visibleLength } from './token-generator.ts'

/**
 * Generates texts together on the tfjs backend in force. Rows are aligned at their last token and padded on the left, so
 * that each step adds one column whatever their lengths.
 */
export class TfjsGenerator<S extends Sequence> implements TokenGenerator<S> {
  readonly model: GptModel
  readonly useCache: boolean
  readonly sampling: SamplingOptions
  sequences: S[]
  #cache: KeyValueCache | undefined
  /** Tokens in the cache, the padding of shorter rows included. */
  #past = 0

  constructor(model: GptModel, sequences: S[], options: SamplingOptions & { cache?: boolean }) {
    this.model = model
    this.sequences = sequences
    this.useCache = options.cache ?? true
    this.sampling = options
  }

  async next(): Promise<SampledToken[][]> {
    const { vocabSize } = this.model.config
    const logits = await this.#logits()
    return this.sequences.map(({ random, tokens }, i) => [
      sampleToken(logits.subarray(i * vocabSize, (i + 1) * vocabSize), this.sampling, random, tokens),
    ])
  }

  /** Logits after the last token of each sequence, `[sequences * vocabSize]`. Every call follows one new token each. */
  async #logits(): Promise<Float32Array> {
    if (slideWindow(this.sequences, this.model.config.contextLength)) this.dispose()
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

  /** Leaves out the sequences that are done, and the padding that only they needed. */
  keep(wanted: (sequence: S) => boolean): void {
    const indices = this.sequences.flatMap((sequence, i) => (wanted(sequence) ? [i] : []))
    if (indices.length === this.sequences.length) return
    this.sequences = indices.map(i => this.sequences[i]!)
    if (!this.#cache) return
    if (indices.length === 0) {
      this.dispose()
      return
    }
    // The last token is not yet in the cache.
    const longest = Math.max(...this.sequences.map(visibleLength)) - 1
    const old = this.#cache
    this.#cache = tf.tidy(() => {
      const rows = tf.tensor1d(indices, 'int32')
      const shrink = (x: tf.Tensor4D): tf.Tensor4D => {
        const [, heads, , headSize] = x.shape
        const tail = tf.slice(x, [0, 0, this.#past - longest, 0], [-1, heads, longest, headSize])
        return tf.gather(tail, rows)
      }
      return {
        keys: old.keys.map(shrink),
        values: old.values.map(shrink),
        ...(old.last && { last: tf.gather(old.last, rows) }),
      }
    })
    this.#past = longest
    tf.dispose(old)
  }

  dispose(): void {
    if (this.#cache) tf.dispose(this.#cache)
    this.#cache = undefined
  }

  #oneColumn() {
    const { sequences } = this
    return {
      ids: tf.tensor2d(
        sequences.map(({ tokens }) => tokens.at(-1)!),
        [sequences.length, 1],
        'int32',
      ),
      positions: tf.tensor2d(
        sequences.map(sequence => visibleLength(sequence) - 1),
        [sequences.length, 1],
        'int32',
      ),
      ...this.#padding(this.#past + 1),
      cache: this.#cache!,
    }
  }

  #allColumns() {
    const { sequences } = this
    const length = Math.max(...sequences.map(visibleLength))
    const ids = new Int32Array(sequences.length * length)
    const positions = new Int32Array(ids.length)
    for (const [row, sequence] of sequences.entries()) {
      const padding = length - visibleLength(sequence)
      for (let i = padding; i < length; i++) {
        ids[row * length + i] = sequence.tokens[sequence.start + i - padding]!
        positions[row * length + i] = i - padding
      }
    }
    return {
      ids: tf.tensor2d(ids, [sequences.length, length], 'int32'),
      positions: tf.tensor2d(positions, [sequences.length, length], 'int32'),
      ...this.#padding(length),
    }
  }

  #padding(length: number): { padding?: tf.Tensor2D } {
    const { sequences } = this
    if (sequences.every(sequence => visibleLength(sequence) === length)) return {}
    const padding = new Float32Array(sequences.length * length)
    for (const [row, sequence] of sequences.entries()) {
      padding.fill(-1e9, row * length, row * length + length - visibleLength(sequence))
    }
    return { padding: tf.tensor2d(padding, [sequences.length, length]) }
  }
}
