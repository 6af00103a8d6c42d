import { fieldsOf } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'

/** The items after the first `count`. */
export function skip<T>(upstream: Stage<T>, count: number): Stage<T> {
  return through<T, T>(upstream, {
    name: `skip(${count})`,
    upstreamOf: from => fieldsOf(from).upstream,
    iterate(cursor, from) {
      let skipped = from === undefined ? 0 : (fieldsOf(from).skipped as number)
      return {
        async next() {
          for (; skipped < count; skipped++) {
            if ((await cursor.next()) === undefined) return undefined
          }
          return cursor.next()
        },
        state: () => ({ skipped, upstream: cursor.state() }),
      }
    },
    restore: (positions, context) => upstream.restore(positions, context),
  })
}
