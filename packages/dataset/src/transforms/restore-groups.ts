import type { Json } from '../stream/json.ts'
import type { RunContext, Stage } from '../stream/stage.ts'

/** Restores groups of items in one pass; a position that stands in several groups is read once. */
export async function restoreGroups<T>(
  upstream: Stage<T>,
  groups: readonly (readonly Json[])[],
  context: RunContext,
): Promise<T[][]> {
  const slots = new Map<string, number>()
  const wanted: Json[] = []
  const slotted = groups.map(group =>
    group.map(position => {
      const key = JSON.stringify(position)
      let slot = slots.get(key)
      if (slot === undefined) {
        slot = wanted.push(position) - 1
        slots.set(key, slot)
      }
      return slot
    }),
  )
  const values = await upstream.restore(wanted, context)
  return slotted.map(group => group.map(slot => values[slot]!))
}
