import { fieldsOf, type Json } from '../stream/json.ts'
import type { Item, RunContext, Stage, StageCursor } from '../stream/stage.ts'

/** Items between two snapshots of the upstream state: a snapshot copies a shuffle buffer's positions. */
const snapshotEvery = 32

/**
 * Makes up to `count` items ahead while the consumer works. The state is an upstream snapshot at or before the item
 * given last, and how many items to drop from there.
 */
export function prefetch<T>(upstream: Stage<T>, count: number): Stage<T> {
  const recipe = [...upstream.recipe, 'prefetch']
  if (upstream.immediate) return { ...upstream, recipe }
  return {
    // Not in the recipe: how far one reads ahead does not change the items, and another number may be used on resuming.
    recipe,
    open: (context, from) => openPrefetch(upstream, count, context, from),
    restore: (positions, context) => upstream.restore(positions, context),
    bytesTotal: context => upstream.bytesTotal(context),
  }
}

function openPrefetch<T>(
  upstream: Stage<T>,
  count: number,
  context: RunContext,
  from: Json | undefined,
): StageCursor<T> {
  const fields = from === undefined ? undefined : fieldsOf(from)
  const start = fields?.upstream ?? undefined
  const cursor = upstream.open(context, start)
  // `index` counts the items since `start`: `made` by upstream, `given` to the consumer.
  let made = 0
  let given = (fields?.drop as number | undefined) ?? 0
  const snapshots: { index: number; state: Json | undefined }[] = [{ index: 0, state: start }]
  const queue: Item<T>[] = []
  const toDrop = given
  let failure: { error: unknown } | undefined
  let finished = false
  let closed = false
  let filling = false
  let filled: Promise<void> = Promise.resolve()
  let wake: (() => void) | undefined

  const fill = async (): Promise<void> => {
    filling = true
    try {
      while (!closed && !finished && queue.length < count) {
        const item = await cursor.next()
        if (item === undefined) finished = true
        else if (++made > toDrop) queue.push(item)
        if (made % snapshotEvery === 0 || finished) snapshots.push({ index: made, state: cursor.state() })
        wake?.()
      }
    } catch (error) {
      failure = { error }
    }
    filling = false
    wake?.()
  }

  return {
    async next() {
      for (;;) {
        const item = queue.shift()
        if (!filling && !closed && !finished && !failure) filled = fill()
        if (item !== undefined) {
          given++
          while (snapshots.length > 1 && snapshots[1]!.index <= given) snapshots.shift()
          return item
        }
        if (failure) throw failure.error
        if (finished || closed) return undefined
        await new Promise<void>(resolve => {
          wake = resolve
        })
        wake = undefined
      }
    },
    state: () => ({ upstream: snapshots[0]!.state ?? null, drop: given - snapshots[0]!.index }),
    bytesRead: () => cursor.bytesRead(),
    async close() {
      closed = true
      await filled
      await cursor.close()
    },
  }
}
