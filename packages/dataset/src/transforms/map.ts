import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'

/** Every item changed by `change`, which must give the same result when asked again. */
export function map<T, U>(upstream: Stage<T>, change: (item: T) => U | Promise<U>, name = 'map'): Stage<U> {
  const stage = through<T, U>(upstream, {
    name,
    upstreamOf: from => from,
    iterate: cursor => ({
      async next() {
        const item = await cursor.next()
        return item && { value: await change(item.value), at: item.at }
      },
      state: () => cursor.state(),
    }),
    async restore(positions, context) {
      const values: U[] = []
      for (const value of await upstream.restore(positions, context)) {
        // A blank position of a source with random access has no item.
        values.push(value === undefined ? (value as unknown as U) : await change(value))
      }
      return values
    },
  })
  return { ...stage, count: upstream.count }
}
