import { fieldsOf, type Json } from '../json.ts'
import type { RunContext, Stage, StageCursor } from '../stream/stage.ts'

/** All items of the first stage, then all of the second, and so on. Only one is open at a time. */
export function concatenate<T>(stages: readonly Stage<T>[]): Stage<T> {
  return {
    recipe: [`concatenate(${stages.map(stage => stage.recipe.join(' | ')).join('; ')})`],
    open: (context, from) => openConcatenated(stages, context, from),
    async restore(positions, context) {
      const values = new Array<T>(positions.length)
      for (const [part, stage] of stages.entries()) {
        const places = [...positions.keys()].filter(place => partOf(positions[place]!) === part)
        if (places.length === 0) continue
        const restored = await stage.restore(
          places.map(place => (positions[place] as readonly Json[])[1]!),
          context,
        )
        for (const [i, place] of places.entries()) values[place] = restored[i]!
      }
      return values
    },
    async bytesTotal(context) {
      const sizes = await Promise.all(stages.map(stage => stage.bytesTotal(context)))
      return sizes.reduce(
        (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
        0,
      )
    },
  }
}

const partOf = (position: Json): Json => (position as readonly Json[])[0]!

function openConcatenated<T>(
  stages: readonly Stage<T>[],
  context: RunContext,
  from: Json | undefined,
): StageCursor<T> {
  const fields = from === undefined ? undefined : fieldsOf(from)
  let part = (fields?.part as number | undefined) ?? 0
  let bytesBefore = (fields?.bytes as number | undefined) ?? 0
  let cursor = stages[part]?.open(context, fields?.upstream ?? undefined)
  return {
    async next() {
      while (cursor !== undefined) {
        const item = await cursor.next()
        if (item !== undefined) return { value: item.value, at: [part, item.at] }
        bytesBefore += cursor.bytesRead()
        await cursor.close()
        cursor = stages[++part]?.open(context, undefined)
      }
      return undefined
    },
    state: () => ({ part, bytes: bytesBefore, upstream: cursor?.state() ?? null }),
    bytesRead: () => bytesBefore + (cursor?.bytesRead() ?? 0),
    close: async () => cursor?.close(),
  }
}
