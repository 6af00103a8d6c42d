import { DatasetError } from '../errors/dataset-error.ts'
import { fieldsOf, type Json } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'
import type { PackedRow, TokenizedStory } from '../stream/tokens.ts'
import { openStory } from './open-story.ts'
import { restoreGroups } from './restore-groups.ts'

/**
 * All stories as one sequence: end token, story, end token, story, …, end token; cut into rows of `contextLength`
 * targets, each with the token before it as input. The last row is filled up with the end token, mask 0.
 * Stories without a token are left out.
 *
 * With `whole` no story is cut: a row that has no room for the next story is filled up like the last one.
 *
 * A row's position is `[used, story, story, …]`: the stories it has targets of, and how many targets of the first one
 * (its end token included) went into earlier rows. The state is the same for the story at which the next row begins.
 */
export function packStream(
  upstream: Stage<TokenizedStory>,
  contextLength: number,
  promptLossWeight: number,
  whole = false,
): Stage<PackedRow> {
  return through<TokenizedStory, PackedRow>(upstream, {
    name: `pack(${contextLength} by ${whole ? 'whole story' : 'stream'}${weightName(promptLossWeight)})`,
    upstreamOf: from => fieldsOf(from).upstream,
    iterate(cursor, from, context) {
      const fields = from === undefined ? undefined : fieldsOf(from)
      const story = openStory(upstream, cursor, fields?.begun, context)
      // How many of its targets earlier rows have.
      let used = (fields?.used as number | undefined) ?? 0
      return {
        async next() {
          const row = rowBuilder(contextLength, promptLossWeight)
          const stories: Json[] = [used]
          while (!row.full()) {
            const item = await story.get()
            if (item === undefined) break
            if (whole && item.value.ids.length + 1 > row.room()) {
              if (row.isEmpty()) throw tooLong(item.value, contextLength)
              break
            }
            stories.push(item.at)
            used += row.add(item.value, used)
            if (used > item.value.ids.length) {
              story.finish()
              used = 0
            }
          }
          return row.isEmpty() ? undefined : { value: row.finish(), at: stories }
        },
        state: () => ({ begun: story.at(), used, upstream: cursor.state() }),
      }
    },
    async restore(positions, context) {
      const lists = positions as readonly (readonly Json[])[]
      const groups = lists.map(position => position.slice(1))
      const restored = await restoreGroups(upstream, groups, context)
      return restored.map((stories, i) => {
        const row = rowBuilder(contextLength, promptLossWeight)
        for (const [k, story] of stories.entries()) row.add(story, k === 0 ? (lists[i]![0] as number) : 0)
        return row.finish()
      })
    },
  })
}

/** A row while it is filled. */
interface RowBuilder {
  full(): boolean
  /** Targets that still find room. */
  room(): number
  isEmpty(): boolean
  /** Adds targets of the story (its tokens, then the end token) from `used` on; returns how many found room. */
  add(story: TokenizedStory, used: number): number
  finish(): PackedRow
}

function rowBuilder(length: number, promptLossWeight: number): RowBuilder {
  const inputs = new Int32Array(length)
  const targets = new Int32Array(length)
  const mask = new Float32Array(length)
  let filled = 0
  let bytes = 0
  let eos = 0
  return {
    full: () => filled === length,
    room: () => length - filled,
    isEmpty: () => filled === 0,
    add(story, used) {
      const { ids } = story
      eos = story.eos
      const count = Math.min(length - filled, ids.length + 1 - used)
      // Before a story's first token stands the end token of the one before, or of none at the very beginning.
      inputs[filled] = used === 0 ? eos : ids[used - 1]!
      inputs.set(ids.subarray(used, used + count - 1), filled + 1)
      targets.set(ids.subarray(used, used + count), filled)
      if (used + count > ids.length) targets[filled + count - 1] = eos
      fillMask(mask, filled, story, used, used + count, promptLossWeight)
      bytes += bytesOf(story, used, used + count)
      filled += count
      return count
    },
    finish() {
      inputs.fill(eos, filled)
      targets.fill(eos, filled)
      return { inputs, targets, mask, bytes }
    },
  }
}

function tooLong({ ids, promptTokens = 0 }: TokenizedStory, contextLength: number): DatasetError {
  return new DatasetError('story-too-long', { tokens: ids.length + 1, promptTokens, contextLength })
}

/** Names a weight other than the default in a recipe. */
export const weightName = (weight: number): string => (weight === 0 ? '' : `, prompts ${weight}`)

/** Sets the mask of a story's targets `from` .. `to` - 1, of which the first lies at `at`. */
export function fillMask(
  mask: Float32Array,
  at: number,
  { promptTokens = 0 }: TokenizedStory,
  from: number,
  to: number,
  promptLossWeight: number,
): void {
  mask.fill(1, at, at + to - from)
  if (from < promptTokens) mask.fill(promptLossWeight, at, at + Math.min(to, promptTokens) - from)
}

/** The share of a story's bytes that its targets `from` .. `to` - 1 stand for; the shares sum to the whole. */
export function bytesOf({ ids, bytes, promptTokens = 0 }: TokenizedStory, from: number, to: number): number {
  const until = (target: number): number =>
    Math.floor((bytes * Math.max(0, target - promptTokens)) / (ids.length + 1 - promptTokens))
  return until(to) - until(from)
}
