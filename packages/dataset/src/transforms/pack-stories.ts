import { fieldsOf } from '../stream/json.ts'
import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'
import type { PackedRow, TokenizedStory } from '../stream/tokens.ts'
import { openStory } from './open-story.ts'
import { bytesOf, fillMask, weightName } from './pack-stream.ts'
import { restoreGroups } from './restore-groups.ts'

/**
 * Every story in rows of its own: inputs begin with the end token, targets end with it. A story of more than
 * `contextLength` targets continues in further rows, which begin with its last `overlap` targets again, mask 0, so that no
 * token is predicted from nothing; short rows are filled up with the end token, mask 0. Stories without a token are
 * left out.
 *
 * A row's position is `[row, story]`.
 */
export function packStories(
  upstream: Stage<TokenizedStory>,
  contextLength: number,
  overlap: number,
  promptLossWeight: number,
): Stage<PackedRow> {
  const row = (story: TokenizedStory, index: number): PackedRow =>
    storyRow(story, index, contextLength, overlap, promptLossWeight)
  return through<TokenizedStory, PackedRow>(upstream, {
    name: `pack(${contextLength} by story, overlap ${overlap}${weightName(promptLossWeight)})`,
    upstreamOf: from => fieldsOf(from).upstream,
    iterate(cursor, from, context) {
      const fields = from === undefined ? undefined : fieldsOf(from)
      const story = openStory(upstream, cursor, fields?.begun, context)
      // The number of the row that is next in that story.
      let index = (fields?.row as number | undefined) ?? 0
      return {
        async next() {
          const item = await story.get()
          if (item === undefined) return undefined
          const packed = { value: row(item.value, index), at: [index, item.at] }
          index++
          if (firstTarget(index, contextLength, overlap) + overlap > item.value.ids.length) {
            story.finish()
            index = 0
          }
          return packed
        },
        state: () => ({ begun: story.at(), row: index, upstream: cursor.state() }),
      }
    },
    async restore(positions, context) {
      const pairs = positions as readonly [number, string][]
      const restored = await restoreGroups(
        upstream,
        pairs.map(([, story]) => [story]),
        context,
      )
      return restored.map(([story], i) => row(story!, pairs[i]![0]))
    },
  })
}

const firstTarget = (row: number, contextLength: number, overlap: number): number =>
  row * (contextLength - overlap)

function storyRow(
  story: TokenizedStory,
  row: number,
  contextLength: number,
  overlap: number,
  promptLossWeight: number,
): PackedRow {
  const { ids, eos } = story
  const inputs = new Int32Array(contextLength).fill(eos)
  const targets = new Int32Array(contextLength).fill(eos)
  const mask = new Float32Array(contextLength)
  const first = firstTarget(row, contextLength, overlap)
  const last = Math.min(first + contextLength, ids.length + 1)
  const counted = row === 0 ? 0 : first + overlap
  // The position before the story's first token, and the target behind its last one, are the end token they are filled with.
  if (first === 0) inputs.set(ids.subarray(0, last - 1), 1)
  else inputs.set(ids.subarray(first - 1, last - 1))
  targets.set(ids.subarray(first, last))
  fillMask(mask, counted - first, story, counted, last, promptLossWeight)
  return { inputs, targets, mask, bytes: bytesOf(story, counted, last) }
}
