import { Random, type RandomState } from '@tinystories/utils/random'
import { DatasetError } from '../errors/dataset-error.ts'
import { fieldsOf, type Json } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'
import { shuffleAll } from './shuffle-all.ts'

/** Options of `shuffle`. */
export interface ShuffleOptions {
  /** Decides the order, together with the epoch. Default 0. */
  seed?: number
  /**
   * Items held at a time; each one given is drawn from that many. Default 4,096. `Infinity` for a list in memory: a
   * permutation of all of it, without a buffer.
   */
  bufferSize?: number
}

/**
 * A source with random access, token shards, is shuffled as a whole. Otherwise items are drawn at random from a buffer that
 * is filled from upstream. The state holds the positions of the buffered items, some 10 bytes each, from which the items
 * are read again.
 */
export function shuffle<T>(upstream: Stage<T>, { seed = 0, bufferSize = 4096 }: ShuffleOptions): Stage<T> {
  if (upstream.permuted) return upstream.permuted(seed)
  if (bufferSize === Number.POSITIVE_INFINITY) {
    if (upstream.count !== undefined) return shuffleAll(upstream, upstream.count, seed)
    throw new DatasetError('invalid-option', {
      option: 'shuffle: bufferSize',
      value: bufferSize,
      expected:
        'a whole number, except for a list in memory and for token shards, which shuffle without a buffer',
    })
  }
  return through<T, T>(upstream, {
    name: `shuffle(seed ${seed}, buffer ${bufferSize})`,
    upstreamOf: from => fieldsOf(from).upstream,
    iterate(cursor, from, context) {
      const fields = from === undefined ? undefined : fieldsOf(from)
      const random = fields
        ? new Random(fields.random as unknown as RandomState)
        : new Random(seed).stream('shuffle', context.epoch)
      const positions: Json[] = fields ? [...(fields.buffer as Json[])] : []
      // The values of a resumed buffer are read when the first item is asked for.
      let values: T[] | undefined = fields ? undefined : []
      let ended = false
      return {
        async next() {
          values ??= await upstream.restore(positions, context)
          while (!ended && values.length < bufferSize) {
            const item = await cursor.next()
            if (item === undefined) ended = true
            else {
              values.push(item.value)
              positions.push(item.at)
            }
          }
          if (values.length === 0) return undefined
          const drawn = random.integer(values.length)
          const item = { value: values[drawn]!, at: positions[drawn]! }
          const lastValue = values.pop()!
          const lastPosition = positions.pop()!
          if (drawn < values.length) {
            values[drawn] = lastValue
            positions[drawn] = lastPosition
          }
          return item
        },
        state: () => ({
          random: random.state as unknown as Json,
          buffer: positions.slice(),
          upstream: cursor.state(),
        }),
      }
    },
    restore: (positions, context) => upstream.restore(positions, context),
  })
}
