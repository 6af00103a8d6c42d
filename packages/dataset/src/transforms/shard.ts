import { fieldsOf } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'

/**
 * Item `i` for every `i` with `i % world === rank`: the shards together are the whole, in turns.
 *
 * The state of another rank or another world resumes it too, as one of many that have taken equally many items: it
 * continues with the first item of the global order that no rank had.
 */
export function shard<T>(upstream: Stage<T>, rank: number, world: number): Stage<T> {
  return through<T, T>(upstream, {
    name: `shard(${rank} of ${world})`,
    upstreamOf: from => fieldsOf(from).upstream,
    iterate(cursor, from) {
      const fields = from === undefined ? undefined : fieldsOf(from)
      const same = fields === undefined || (fields.rank === rank && fields.world === world)
      const turnBefore = (fields?.turn as number | undefined) ?? 0
      let turn = same ? turnBefore : 0
      // What the other ranks had behind this one's last item.
      let passed = same ? 0 : ((fields.world as number) - turnBefore) % (fields.world as number)
      return {
        async next() {
          for (; passed > 0; passed--) {
            if ((await cursor.next()) === undefined) return undefined
          }
          for (;;) {
            const item = await cursor.next()
            if (item === undefined) return undefined
            const mine = turn === rank
            turn = (turn + 1) % world
            if (mine) return item
          }
        },
        state: () => (passed > 0 ? from! : { rank, world, turn, upstream: cursor.state() }),
      }
    },
    restore: (positions, context) => upstream.restore(positions, context),
  })
}
