import { expect, test } from 'vitest'
import type { Json } from '../stream/json.ts'
import type { RunContext, Stage } from '../stream/stage.ts'
import type { PackedRow, TokenizedStory } from '../stream/tokens.ts'
import { packStories } from './pack-stories.ts'
import { packStream } from './pack-stream.ts'

const eos = 9
const story = (ids: number[], promptTokens = 0): TokenizedStory => ({
  ids: Int32Array.from(ids),
  eos,
  bytes: 10 * ids.length,
  promptTokens,
})

/** Stories at the positions `a`, `b`, `c` …; `restored` are those that were asked for again. */
function listStage(stories: readonly TokenizedStory[]) {
  const restored: Json[] = []
  const at = (i: number): string => String.fromCharCode(97 + i)
  const stage: Stage<TokenizedStory> = {
    recipe: ['list'],
    open(_context, from) {
      let next = (from as number | undefined) ?? 0
      return {
        next: async () => (next < stories.length ? { value: stories[next]!, at: at(next++) } : undefined),
        state: () => next,
        bytesRead: () => next,
        close: async () => {},
      }
    },
    restore: async positions => {
      restored.push(...positions)
      return positions.map(each => stories[String(each).charCodeAt(0) - 97]!)
    },
    bytesTotal: async () => stories.length,
  }
  return { stage, restored }
}

const context: RunContext = { epoch: 0, signal: new AbortController().signal }
const plain = ({ inputs, targets, mask, bytes }: PackedRow) => [
  [...inputs],
  [...targets],
  [...mask].map(weight => Number(weight.toFixed(3))),
  bytes,
]

/** All rows with their positions, and the state after each. */
async function readAll(stage: Stage<PackedRow>, from?: Json) {
  const cursor = stage.open(context, from)
  const rows: { row: unknown; at: Json; state: Json }[] = []
  for (let item = await cursor.next(); item !== undefined; item = await cursor.next())
    rows.push({ row: plain(item.value), at: item.at, state: cursor.state() })
  expect(await cursor.next()).toBeUndefined()
  return { rows, end: cursor.state() }
}

const stories = [story([1, 2, 3, 4, 5]), story([]), story([6]), story([7, 8])]

test('by stream: rows, their positions and the states between them', async () => {
  const { stage, restored } = listStage(stories)
  const packed = packStream(stage, 3, 0)
  expect(packed.recipe).toEqual(['list', 'pack(3 by stream)'])
  expect((await readAll(packed)).rows).toEqual([
    { row: [[9, 1, 2], [1, 2, 3], [1, 1, 1], 25], at: [0, 'a'], state: { begun: 'a', used: 3, upstream: 1 } },
    {
      row: [[3, 4, 5], [4, 5, 9], [1, 1, 1], 25],
      at: [3, 'a'],
      state: { begun: null, used: 0, upstream: 1 },
    },
    {
      row: [[9, 6, 9], [6, 9, 7], [1, 1, 1], 16],
      at: [0, 'c', 'd'],
      state: { begun: 'd', used: 1, upstream: 4 },
    },
    {
      row: [[7, 8, 9], [8, 9, 9], [1, 1, 0], 14],
      at: [1, 'd'],
      state: { begun: null, used: 0, upstream: 4 },
    },
  ])
  expect(restored).toEqual([])
})

test('by whole story: a row ends before a story that it has no room for, which must have room in a row', async () => {
  const { stage } = listStage(stories)
  const packed = packStream(stage, 6, 0, true)
  expect(packed.recipe).toEqual(['list', 'pack(6 by whole story)'])
  expect((await readAll(packed)).rows).toEqual([
    {
      row: [[9, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 9], [1, 1, 1, 1, 1, 1], 50],
      at: [0, 'a'],
      state: { begun: null, used: 0, upstream: 1 },
    },
    {
      row: [[9, 6, 9, 7, 8, 9], [6, 9, 7, 8, 9, 9], [1, 1, 1, 1, 1, 0], 30],
      at: [0, 'c', 'd'],
      state: { begun: null, used: 0, upstream: 4 },
    },
  ])
  // No room for the third: it begins the next row.
  const [first] = (await readAll(packStream(listStage([story([1]), story([2, 3, 4])]).stage, 5, 0, true)))
    .rows
  expect(first).toEqual({
    row: [[9, 1, 9, 9, 9], [1, 9, 9, 9, 9], [1, 1, 0, 0, 0], 10],
    at: [0, 'a'],
    state: { begun: 'b', used: 0, upstream: 2 },
  })
  await expect(readAll(packStream(stage, 5, 0, true))).rejects.toMatchObject({
    code: 'story-too-long',
    details: { tokens: 6, promptTokens: 0, contextLength: 5 },
  })
})

test('by story: rows, their positions and the states between them', async () => {
  const { stage, restored } = listStage(stories)
  const packed = packStories(stage, 3, 1, 0)
  expect(packed.recipe).toEqual(['list', 'pack(3 by story, overlap 1)'])
  expect((await readAll(packed)).rows).toEqual([
    { row: [[9, 1, 2], [1, 2, 3], [1, 1, 1], 25], at: [0, 'a'], state: { begun: 'a', row: 1, upstream: 1 } },
    { row: [[2, 3, 4], [3, 4, 5], [0, 1, 1], 16], at: [1, 'a'], state: { begun: 'a', row: 2, upstream: 1 } },
    { row: [[4, 5, 9], [5, 9, 9], [0, 1, 0], 9], at: [2, 'a'], state: { begun: null, row: 0, upstream: 1 } },
    { row: [[9, 6, 9], [6, 9, 9], [1, 1, 0], 10], at: [0, 'c'], state: { begun: null, row: 0, upstream: 3 } },
    { row: [[9, 7, 8], [7, 8, 9], [1, 1, 1], 20], at: [0, 'd'], state: { begun: null, row: 0, upstream: 4 } },
  ])
  expect(restored).toEqual([])
})

const packings: [string, (stage: Stage<TokenizedStory>) => Stage<PackedRow>][] = [
  ['stream', stage => packStream(stage, 3, 0.25)],
  ['story', stage => packStories(stage, 3, 1, 0.25)],
  ['whole story', stage => packStream(stage, 7, 0.25, true)],
]
const prompted = [story([1, 2, 3, 4, 5], 3), story([]), story([6]), story([7, 8], 1)]

test.each(packings)(
  'by %s: from any state the same rows follow, and the story is restored once',
  async (_by, pack) => {
    const { rows, end } = await readAll(pack(listStage(prompted).stage))
    expect(end).toEqual(rows.at(-1)!.state)
    expect(rows.length).toBeGreaterThan(1)
    for (const [i, { state }] of rows.entries()) {
      const { stage, restored } = listStage(prompted)
      const packed = pack(stage)
      expect(packed.open(context, state).state()).toEqual(state)
      expect((await readAll(packed, state)).rows).toEqual(rows.slice(i + 1))
      const { begun } = state as { begun: Json }
      expect(restored).toEqual(begun === null ? [] : [begun])
    }
  },
)

test.each(packings)(
  'by %s: any rows are restored from their positions, each story once',
  async (_by, pack) => {
    const { stage, restored } = listStage(prompted)
    const packed = pack(stage)
    const { rows } = await readAll(packed)
    const some = [rows.at(-1)!, rows[0]!, rows[1]!, rows.at(-1)!]
    const values = await packed.restore(
      some.map(each => each.at),
      context,
    )
    expect(values.map(plain)).toEqual(some.map(each => each.row))
    expect(new Set(restored).size).toBe(restored.length)
  },
)

test('prompts count as much as the weight says, which is in the recipe; bytes are those of the story', async () => {
  const { stage } = listStage([story([1, 2, 3, 4], 2)])
  const byStream = packStream(stage, 3, 0.5)
  expect(byStream.recipe[1]).toBe('pack(3 by stream, prompts 0.5)')
  expect((await readAll(byStream)).rows.map(each => each.row)).toEqual([
    [[9, 1, 2], [1, 2, 3], [0.5, 0.5, 1], 13],
    [[3, 4, 9], [4, 9, 9], [1, 1, 0], 27],
  ])
  const byStory = packStories(stage, 3, 2, 0.5)
  expect(byStory.recipe[1]).toBe('pack(3 by story, overlap 2, prompts 0.5)')
  expect((await readAll(byStory)).rows.map(each => each.row)).toEqual([
    [[9, 1, 2], [1, 2, 3], [0.5, 0.5, 1], 13],
    [[1, 2, 3], [2, 3, 4], [0, 0, 1], 13],
    [[2, 3, 4], [3, 4, 9], [0, 0, 1], 14],
  ])
})

test('by stream: a row may end right before the end token of a story, or inside a prompt', async () => {
  const cut = packStream(listStage([story([1, 2, 3]), story([6])]).stage, 3, 0)
  const { rows } = await readAll(cut)
  expect(rows).toEqual([
    { row: [[9, 1, 2], [1, 2, 3], [1, 1, 1], 22], at: [0, 'a'], state: { begun: 'a', used: 3, upstream: 1 } },
    {
      row: [[3, 9, 6], [9, 6, 9], [1, 1, 1], 18],
      at: [3, 'a', 'b'],
      state: { begun: null, used: 0, upstream: 2 },
    },
  ])
  const restored = await cut.restore([rows[1]!.at], context)
  expect(restored.map(plain)).toEqual([rows[1]!.row])
  const inPrompt = packStream(listStage([story([1, 2, 3, 4, 5], 4)]).stage, 3, 0.5)
  expect((await readAll(inPrompt)).rows.map(each => each.row)).toEqual([
    [[9, 1, 2], [1, 2, 3], [0.5, 0.5, 0.5], 0],
    [[3, 4, 5], [4, 5, 9], [0.5, 1, 1], 50],
  ])
})

test.each(packings)('by %s: nothing comes of no stories', async (_by, pack) => {
  for (const none of [[], [story([])]]) expect((await readAll(pack(listStage(none).stage))).rows).toEqual([])
})
