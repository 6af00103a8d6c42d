import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import { openTokens } from '../sources/open-tokens.ts'
import type { StreamState } from '../stream/cursor.ts'
import { asText, exampleStories } from '../testing/example-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import type { StoryStream } from './story-stream.ts'

const folder = await temporaryFolder()
const stories = exampleStories(150)
const text = await folder.write('a.txt', asText(stories))
const parquet = await folder.write(
  'a.parquet',
  Buffer.from(
    parquetWriteBuffer({ columnData: [{ name: 'text', data: stories, type: 'STRING' }], rowGroupSize: 20 }),
  ),
)
const tokens = await folder.write(
  'a.bin',
  Buffer.from(Uint16Array.from({ length: 2000 }, (_, i) => (i % 7 === 0 ? 0 : i)).buffer),
)
const worlds = [1, 2, 3, 8]

const streams: Record<string, StoryStream<unknown>> = {
  'a list': openStories(stories).shuffle({ seed: 1, bufferSize: 40 }),
  'a list without a buffer': openStories(['', ...stories, ' ']).shuffle({ seed: 1, bufferSize: Infinity }),
  'a file': openStories(text).shuffle({ seed: 1, bufferSize: 40 }),
  'a parquet file': openStories(parquet).shuffle({ seed: 1, bufferSize: 40 }).repeat(2),
  'a token file': openTokens(tokens, { eos: 0, bytesOf: ids => ids.length }).shuffle({
    seed: 1,
    bufferSize: 40,
  }),
  'rows in batches': openStories(text)
    .shuffle({ seed: 1 })
    .tokenize(wordTokenizer)
    .pack({ contextLength: 32 })
    .batch(2)
    .prefetch(3),
}

/** The items of all ranks in turns, for so many turns, and a state of one of the ranks. */
async function inStep(
  stream: StoryStream<unknown>,
  world: number,
  turns: number,
  from?: StreamState,
  stateOf = 0,
): Promise<{ items: string[]; state: StreamState }> {
  const cursors = Array.from({ length: world }, (_, rank) =>
    stream.shard(rank, world).iterate(from ? { from: structuredClone(from) } : {}),
  )
  const items: string[] = []
  for (let turn = 0; turn < turns; turn++) {
    for (const cursor of cursors) {
      const { value, done } = await cursor.next()
      if (!done) items.push(JSON.stringify(value))
    }
  }
  const state = cursors[stateOf % world]!.state()
  await Promise.all(cursors.map(cursor => cursor.return()))
  return { items, state: JSON.parse(JSON.stringify(state)) as StreamState }
}

test.each(Object.entries(streams))(
  '%s has one global order for 1, 2, 3 and 8 shards',
  async (_what, stream) => {
    const order = (await stream.toArray()).map(item => JSON.stringify(item))
    for (const world of worlds)
      expect((await inStep(stream, world, Math.ceil(order.length / world))).items).toEqual(order)
  },
)

test('the state of any rank resumes any number of shards in the same order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(streams)),
      fc.array(fc.tuple(fc.constantFrom(...worlds), fc.integer({ min: 1, max: 9 }), fc.nat(7)), {
        minLength: 1,
        maxLength: 4,
      }),
      async (stream, runs) => {
        const order = (await stream.take(250).toArray()).map(item => JSON.stringify(item))
        const items: string[] = []
        let from: StreamState | undefined
        for (const [world, turns, stateOf] of runs) {
          const run = await inStep(stream, world, turns, from, stateOf)
          items.push(...run.items)
          from = run.state
        }
        expect(items.slice(0, 250)).toEqual(order.slice(0, items.length))
      },
    ),
    { numRuns: 40 },
  )
})

test('a shard that is not the last transform takes only its own state', async () => {
  const make = (rank: number) => openStories(stories).shard(rank, 2).take(20)
  const cursor = make(0).iterate()
  await cursor.next()
  expect(() => make(1).iterate({ from: cursor.state() })).toThrow(
    /step 2 is shard\(0 of 2\), here it is shard\(1 of 2\)/,
  )
})

test('a shuffle without a buffer gives every story once, and its state is a number', async () => {
  const shuffled = openStories(stories).shuffle({ seed: 9, bufferSize: Infinity })
  const order = (await shuffled.toArray()).map(({ text }) => text)
  expect(order).not.toEqual(stories)
  expect(order.toSorted()).toEqual(stories.toSorted())
  const cursor = shuffled.repeat().iterate()
  for (let i = 0; i < 200; i++) await cursor.next()
  expect(JSON.stringify(cursor.state()).length).toBeLessThan(200)
  expect(cursor.progress().bytesRead).toBeGreaterThan(0)
  expect(() => openStories(text).shuffle({ bufferSize: Infinity })).toThrow(
    /bufferSize is Infinity, but must be.*token shards/,
  )
})
