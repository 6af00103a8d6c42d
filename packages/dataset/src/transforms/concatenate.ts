import { fieldsOf, type Json } from '../stream/json.ts'
import type { RunContext, Stage, StageCursor } from '../stream/stage.ts'
import { restoreParts, sumOfBytes } from './parts.ts'

/** All items of the first stage, then all of the second, and so on. Only one is open at a time. */
export function concatenate<T>(stages: readonly Stage<T>[]): Stage<T> {
  return {
    recipe: [`concatenate(${stages.map(stage => stage.recipe.join(' | ')).join('; ')})`],
    open: (context, from) => openConcatenated(stages, context, from),
    restore: (positions, context) => restoreParts(stages, positions, context),
    bytesTotal: context => sumOfBytes(stages, context),
  }
}

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
