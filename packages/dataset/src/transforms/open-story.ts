import type { Json } from '../stream/json.ts'
import type { Item, RunContext, Stage, StageCursor } from '../stream/stage.ts'
import type { TokenizedStory } from '../stream/tokens.ts'

/** The story that packing is in: some rows have its beginning, the next one goes on with it. */
export interface OpenStory {
  /** It, else the next story that has a token; undefined at the end. */
  get(): Promise<Item<TokenizedStory> | undefined>
  /** All of it is packed. */
  finish(): void
  /** Its position, of which one begins again later; null between stories. */
  at(): Json
}

/** @param at position of the story that an earlier iteration was in; null or undefined for none */
export function openStory(
  upstream: Stage<TokenizedStory>,
  cursor: StageCursor<TokenizedStory>,
  at: Json | undefined,
  context: RunContext,
): OpenStory {
  let begun = at ?? null
  let story: Item<TokenizedStory> | undefined
  return {
    async get() {
      if (begun !== null && story === undefined) {
        const [value] = await upstream.restore([begun], context)
        story = { value: value!, at: begun }
      }
      while (story === undefined) {
        const item = await cursor.next()
        if (item === undefined) return undefined
        if (item.value.ids.length > 0) story = item
      }
      begun = story.at
      return story
    },
    finish() {
      story = undefined
      begun = null
    },
    at: () => begun,
  }
}
