import type { Json } from '../stream/json.ts'
import type { RunContext, Stage } from '../stream/stage.ts'

/** Restores groups of items in one walk; a position that stands in several groups is read once. */
export async function restoreGroups<T>(
  upstream: Stage<T>,
  groups: readonly (readonly Json[])[],
  context: RunContext,
): Promise<T[][]> {
  const places = new Map<string, number>()
  const wanted: Json[] = []
  const placed = groups.map(group =>
    group.map(position => {
      const key = JSON.stringify(position)
      let place = places.get(key)
      if (place === undefined) {
        place = wanted.push(position) - 1
        places.set(key, place)
      }
      return place
    }),
  )
  const values = await upstream.restore(wanted, context)
  return placed.map(group => group.map(place => values[place]!))
}
