import { fieldsOf } from '../stream/json.ts'
import type { Item, Stage } from '../stream/stage.ts'
import { permutationOf } from './permutation.ts'

/** Items looked up at a time. */
const batchSize = 64

/**
 * All items in a pseudo-random order that needs no buffer: each position of the order is computed, and the item there is
 * looked up. The state is one number.
 *
 * @param count returns how many positions the source has, 0 .. count - 1
 */
export function shuffleAll<T>(upstream: Stage<T>, count: () => number, seed: number): Stage<T> {
  return {
    recipe: [...upstream.recipe, `shuffle(seed ${seed}, all)`],
    open(context, from) {
      const size = count()
      const placeOf = permutationOf(size, seed, context.epoch)
      let index = from === undefined ? 0 : (fieldsOf(from).index as number)
      let ready: Item<T>[] = []
      /** Where the items that are ready end. */
      let until = index
      let bytesTotal: number | undefined
      return {
        async next() {
          bytesTotal ??= (await upstream.bytesTotal(context)) ?? 0
          for (; index < size; ) {
            if (index === until) {
              context.signal.throwIfAborted()
              until = Math.min(size, index + batchSize)
              const positions = Array.from({ length: until - index }, (_, i) => placeOf(index + i))
              const values = await upstream.restore(positions, context)
              ready = values.map((value, i) => ({ value, at: positions[i]! }))
            }
            const item = ready[ready.length - (until - index)]!
            index++
            // A position of the source can be blank.
            if (item.value !== undefined) return item
          }
          return undefined
        },
        state: () => ({ index }),
        bytesRead: () => (size === 0 ? 0 : Math.floor(((bytesTotal ?? 0) * index) / size)),
        close: async () => {},
      }
    },
    restore: (positions, context) => upstream.restore(positions, context),
    bytesTotal: context => upstream.bytesTotal(context),
  }
}
