import { fieldsOf } from '../json.ts'
import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'

/** Item `i` for every `i` with `i % world === rank`: the shards together are the whole, in turns. */
export function shard<T>(upstream: Stage<T>, rank: number, world: number): Stage<T> {
  return through<T, T>(upstream, {
    name: `shard(${rank} of ${world})`,
    upstreamOf: from => fieldsOf(from).upstream,
    walk(cursor, from) {
      let turn = from === undefined ? 0 : (fieldsOf(from).turn as number)
      return {
        async next() {
          for (;;) {
            const item = await cursor.next()
            if (item === undefined) return undefined
            const mine = turn === rank
            turn = (turn + 1) % world
            if (mine) return item
          }
        },
        state: () => ({ turn, upstream: cursor.state() }),
      }
    },
    restore: (positions, context) => upstream.restore(positions, context),
  })
}
