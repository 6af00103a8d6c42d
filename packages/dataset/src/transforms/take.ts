import { fieldsOf } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'

/** The first `count` items. Nothing behind them is read. */
export function take<T>(upstream: Stage<T>, count: number): Stage<T> {
  return through<T, T>(upstream, {
    name: `take(${count})`,
    upstreamOf: from => fieldsOf(from).upstream,
    iterate(cursor, from) {
      let taken = from === undefined ? 0 : (fieldsOf(from).taken as number)
      return {
        async next() {
          if (taken >= count) return undefined
          const item = await cursor.next()
          if (item !== undefined) taken++
          return item
        },
        state: () => ({ taken, upstream: cursor.state() }),
      }
    },
    restore: (positions, context) => upstream.restore(positions, context),
  })
}
