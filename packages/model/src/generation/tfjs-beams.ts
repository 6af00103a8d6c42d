import * as tf from '@tensorflow/tfjs-core'
import type { GptModel } from '../parameters.ts'
import type { BeamCandidates, BeamReader, BeamRow } from './beams.ts'
import { decode, type KeyValueCache } from './decode.ts'
import { largest } from './sample-token.ts'

/** Reads the beams of one prompt at a time on the tfjs backend in force. */
export class TfjsBeams implements BeamReader {
  /** One prompt: texts of one length need no padding. */
  readonly maxRows = 1
  readonly #model: GptModel
  #cache: KeyValueCache | undefined
  #length = 0

  constructor(model: GptModel) {
    this.#model = model
  }

  async read(rows: readonly BeamRow[], count: number): Promise<BeamCandidates[]> {
    const { config, parameters } = this.#model
    const isNew = rows[0]!.parent === undefined
    if (isNew) this.dispose()
    const added = rows[0]!.ids.length
    const { logits, cache } = tf.tidy(() => {
      const parents = rows.map(({ parent }) => parent ?? 0)
      const past = this.#cache && branch(this.#cache, parents)
      const ids = rows.flatMap(({ ids }) => ids)
      const positions = rows.flatMap(({ ids }) => ids.map((_, i) => this.#length + i))
      const result = decode(config, parameters, {
        ids: tf.tensor2d(ids, [rows.length, added], 'int32'),
        positions: tf.tensor2d(positions, [rows.length, added], 'int32'),
        ...(past && { cache: past }),
      })
      return { logits: tf.logSoftmax(result.logits) as tf.Tensor2D, cache: result.cache }
    })
    if (this.#cache) tf.dispose(this.#cache)
    this.#cache = cache
    this.#length += added
    const values = await logits.data()
    logits.dispose()
    return rows.map(({ wanted = [] }, row) => {
      const own = values.subarray(row * config.vocabSize, (row + 1) * config.vocabSize) as Float32Array
      const ids = largest(own, count)
      return { ids, logProbabilities: ids.map(id => own[id]!), wanted: wanted.map(id => own[id]!) }
    })
  }

  dispose(): void {
    if (this.#cache) tf.dispose(this.#cache)
    this.#cache = undefined
    this.#length = 0
  }
}

function branch({ keys, values, last }: KeyValueCache, parents: number[]): KeyValueCache {
  const rows = tf.tensor1d(parents, 'int32')
  const take = (x: tf.Tensor4D): tf.Tensor4D => tf.gather(x, rows)
  return {
    keys: keys.map(take),
    values: values.map(take),
    ...(last && { last: tf.gather(last, rows) }),
  }
}
