import { fieldsOf } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'

/** All items `times` times over (default: forever). Each round is an epoch: a shuffle before it gives a new order. */
export function repeat<T>(upstream: Stage<T>, times: number): Stage<T> {
  return {
    recipe: [...upstream.recipe, `repeat(${times})`],
    open(context, from) {
      const inRound = (round: number) => ({ ...context, epoch: context.epoch + round })
      const fields = from === undefined ? undefined : fieldsOf(from)
      let round = (fields?.round as number | undefined) ?? 0
      let bytesBefore = (fields?.bytes as number | undefined) ?? 0
      let cursor = upstream.open(inRound(round), fields?.upstream)
      let found = fields?.found === true
      return {
        async next() {
          while (round < times) {
            const item = await cursor.next()
            if (item !== undefined) {
              found = true
              return item
            }
            // A stream with nothing in it would repeat nothing forever.
            if (!found || round + 1 >= times) return undefined
            found = false
            bytesBefore += cursor.bytesRead()
            await cursor.close()
            round++
            cursor = upstream.open(inRound(round), undefined)
          }
          return undefined
        },
        state: () => ({ round, found, bytes: bytesBefore, upstream: cursor.state() }),
        bytesRead: () => bytesBefore + cursor.bytesRead(),
        close: () => cursor.close(),
      }
    },
    restore: (positions, context) => upstream.restore(positions, context),
    async bytesTotal(context) {
      const size = await upstream.bytesTotal(context)
      return size === undefined || times === Number.POSITIVE_INFINITY ? undefined : size * times
    },
  }
}
