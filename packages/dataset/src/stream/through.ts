import type { Json } from './json.ts'
import type { Item, RunContext, Stage, StageCursor } from './stage.ts'

/** What a {@link through} stage does in one iteration. */
export interface Iteration<U> {
  next(): Promise<Item<U> | undefined>
  state(): Json
}

/** Defines a stage that follows another one: closing, bytes and (where items are not changed) restoring are the other's. */
export function through<T, U>(
  upstream: Stage<T>,
  parts: {
    name: string
    iterate(cursor: StageCursor<T>, from: Json | undefined, context: RunContext): Iteration<U>
    /** The position that `upstream` is opened at, found in this stage's own. */
    upstreamOf(from: Json): Json | undefined
    restore(positions: readonly Json[], context: RunContext): Promise<U[]>
    /** The context that `upstream` is opened in. */
    contextOf?(context: RunContext): RunContext
  },
): Stage<U> {
  const contextOf = parts.contextOf ?? (context => context)
  return {
    recipe: [...upstream.recipe, parts.name],
    open(context, from) {
      const cursor = upstream.open(
        contextOf(context),
        from === undefined ? undefined : parts.upstreamOf(from),
      )
      const iteration = parts.iterate(cursor, from, context)
      return {
        next: () => iteration.next(),
        state: () => iteration.state(),
        bytesRead: () => cursor.bytesRead(),
        close: () => cursor.close(),
      }
    },
    restore: (positions, context) => parts.restore(positions, contextOf(context)),
    bytesTotal: context => upstream.bytesTotal(contextOf(context)),
  }
}
