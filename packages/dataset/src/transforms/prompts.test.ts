import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openTokenShards } from '../shards/token-shards.ts'
import { writeTokenShards } from '../shards/write-token-shards.ts'
import { openStories } from '../sources/open-stories.ts'
import type { Story } from '../stream/story.ts'
import type { PackedRow, TokenBatch } from '../stream/tokens.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import type { PackOptions } from './story-stream.ts'

const folder = await temporaryFolder()
const eos = 0
const idsOf = (text: string): number[] =>
  Array.from(wordTokenizer.encode(text, { addSpecialTokens: false }).ids)

/** What one target counts, written out token by token: the definition that packing must agree with. */
interface Target {
  id: number
  before: number
  weight: number
  story: number
}

function targetsOf(stories: readonly Story[], weight: number): Target[][] {
  return stories
    .filter(({ text }) => idsOf(text).length > 0)
    .map(({ text, prompt }, story) => {
      const asked = prompt === undefined ? [] : idsOf(`${prompt}\n`)
      const all = [...asked, ...idsOf(text), eos]
      return all.map((id, i) => ({
        id,
        before: i === 0 ? eos : all[i - 1]!,
        weight: i < asked.length ? weight : 1,
        story,
      }))
    })
}

/** Rows of a stream: all targets one after the other, cut every `length`. */
function streamRows(targets: readonly Target[], length: number): Target[][] {
  return Array.from({ length: Math.ceil(targets.length / length) }, (_, i) =>
    targets.slice(i * length, (i + 1) * length),
  )
}

/** Rows of whole stories: each takes as many as it has room for. */
function wholeRows(lists: readonly Target[][], length: number): Target[][] {
  const rows: Target[][] = []
  for (const targets of lists) {
    const last = rows.at(-1)
    if (last && last.length + targets.length <= length) last.push(...targets)
    else rows.push([...targets])
  }
  return rows
}

/** Rows by story: each begins `length - overlap` targets after the one before, whose targets it does not count again. */
function storyRows(targets: readonly Target[], length: number, overlap: number): Target[][] {
  const rows: Target[][] = []
  for (let first = 0; first === 0 || first + overlap < targets.length; first += length - overlap) {
    const row = targets.slice(first, first + length)
    rows.push(row.map((target, i) => (first > 0 && i < overlap ? { ...target, weight: 0 } : target)))
  }
  return rows
}

function expectRows(rows: readonly PackedRow[], expected: readonly Target[][], length: number): void {
  expect(rows).toHaveLength(expected.length)
  for (const [i, { inputs, targets, mask }] of rows.entries()) {
    const padding = Array.from({ length: length - expected[i]!.length }, () => eos)
    expect([...targets]).toEqual([...expected[i]!.map(({ id }) => id), ...padding])
    expect([...inputs]).toEqual([...expected[i]!.map(({ before }) => before), ...padding])
    expect([...mask]).toEqual([
      ...expected[i]!.map(({ weight }) => Math.fround(weight)),
      ...padding.map(() => 0),
    ])
  }
}

const words = fc.array(fc.constantFrom('one', 'two', 'three', 'four'), { maxLength: 12 })
const someStories = fc.array(
  fc.record({
    text: words.map(list => list.join(' ')),
    prompt: fc.option(
      words.map(list => list.join(' ')),
      { nil: undefined },
    ),
  }),
  { minLength: 1, maxLength: 8 },
)
const packed = (stories: Story[], options: PackOptions) =>
  openStories(stories).tokenize(wordTokenizer, { prompts: true }).pack(options)

test('the mask of packed rows is that of a definition target by target, and the bytes are the stories’', async () => {
  await fc.assert(
    fc.asyncProperty(
      someStories,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 8 }),
      fc.constantFrom(0, 0.25, 1),
      async (stories, contextLength, overlap, promptLossWeight) => {
        const lists = targetsOf(stories as Story[], promptLossWeight)
        const options = { contextLength, promptLossWeight }
        const rows = await packed(stories as Story[], options).toArray()
        expectRows(rows, streamRows(lists.flat(), contextLength), contextLength)
        const bytes = (stories as Story[])
          .filter(({ text }) => idsOf(text).length > 0)
          .reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
        expect(rows.reduce((sum, row) => sum + row.bytes, 0)).toBe(bytes)
        const longest = Math.max(0, ...lists.map(targets => targets.length))
        const whole = packed(stories as Story[], {
          contextLength: longest + overlap + 1,
          promptLossWeight,
          by: 'whole',
        })
        const wholeStories = await whole.toArray()
        expectRows(wholeStories, wholeRows(lists, longest + overlap + 1), longest + overlap + 1)
        expect(wholeStories.reduce((sum, row) => sum + row.bytes, 0)).toBe(bytes)
        if (overlap >= contextLength) return
        const byStory = await packed(stories as Story[], { ...options, by: 'story', overlap }).toArray()
        const expected = lists.flatMap(targets => storyRows(targets, contextLength, overlap))
        expectRows(byStory, expected, contextLength)
        expect(byStory.reduce((sum, row) => sum + row.bytes, 0)).toBe(bytes)
      },
    ),
    { numRuns: 300 },
  )
})

test('rows of whole stories continue after any row, and refuse a story that none has room for', async () => {
  const stories = Array.from({ length: 12 }, (_, i) => ({ text: 'one '.repeat(1 + ((i * 5) % 7)).trim() }))
  const rows = packed(stories, { contextLength: 9, by: 'whole' })
  const all = await rows.toArray()
  for (let taken = 0; taken < all.length; taken++) {
    const cursor = rows.iterate()
    for (let i = 0; i < taken; i++) await cursor.next()
    const rest: PackedRow[] = []
    for await (const row of rows.iterate({ from: cursor.state() })) rest.push(row)
    expect(rest).toEqual(all.slice(taken))
  }
  const long = packed([{ text: 'one' }, { text: 'one two three', prompt: 'go' }], {
    contextLength: 4,
    by: 'whole',
  })
  await expect(long.toArray()).rejects.toMatchObject({
    code: 'story-too-long',
    details: { tokens: 5, promptTokens: 1, contextLength: 4 },
  })
  expect(await packed([{ text: 'one two three' }], { contextLength: 4, by: 'whole' }).toArray()).toHaveLength(
    1,
  )
})

test('the loss of a batch is the plain mean over the tokens of the stories', async () => {
  const stories: Story[] = [
    { text: 'one two three', prompt: 'Words: one' },
    { text: 'four five', prompt: 'Words: four\nStory:' },
    { text: 'six' },
  ]
  // Any number for each prediction stands for its loss.
  const lossOf = (input: number, target: number): number => ((input * 31 + target * 17) % 101) / 10
  const [batch] = (await packed(stories, { contextLength: 7 }).batch(8).toArray()) as [TokenBatch]
  let sum = 0
  let count = 0
  for (const [i, weight] of batch.mask.entries()) {
    sum += weight * lossOf(batch.inputs[i]!, batch.targets[i]!)
    count += weight
  }
  const own = stories.flatMap(({ text, prompt }) => {
    const ids = [...idsOf(text), eos]
    const first = prompt === undefined ? eos : idsOf(prompt).at(-1)!
    return ids.map((id, i) => lossOf(i === 0 ? first : ids[i - 1]!, id))
  })
  expect(count).toBe(own.length)
  expect(sum / count).toBeNear(own.reduce((a, b) => a + b, 0) / own.length, { relative: 1e-6 })
})

test('token shards keep prompts: the same rows as from the stories, also in batches and after a resume', async () => {
  const stories: Story[] = Array.from({ length: 60 }, (_, i) => ({
    text: Array.from({ length: 1 + ((i * 7) % 11) }, (_, k) => `w${i * k}`).join(' '),
    ...(i % 3 === 0 ? {} : { prompt: `Words: ${'x '.repeat(i % 9)}` }),
  }))
  const worker = {
    module: new URL('../testing/word-tokenizer.ts', import.meta.url),
    make: 'makeWordTokenizer',
  }
  for (const workers of [0, 2]) {
    const path = `${folder.path}/prompts-${workers}`
    const index = await writeTokenShards(openStories(stories), wordTokenizer, path, {
      prompts: true,
      shardTokens: 100,
      worker,
      workers,
    })
    expect(index.version).toBe(2)
    expect(index.shards.length).toBeGreaterThan(3)
    for (const options of [
      { contextLength: 13 },
      { contextLength: 13, promptLossWeight: 0.5 },
      { contextLength: 9, by: 'story' as const },
    ]) {
      const expected = await packed(stories, options).toArray()
      expect(await openTokenShards(path).pack(options).toArray()).toEqual(expected)
      const batches = openTokenShards(path).pack(options).batch(4)
      expect(await batches.toArray()).toEqual(await packed(stories, options).batch(4).toArray())
    }
    expect(await openTokenShards(path).stories().toArray()).toEqual(
      await openStories(stories).tokenize(wordTokenizer, { prompts: true }).toArray(),
    )
    const shuffled = openTokenShards(path).shuffle(3).pack({ contextLength: 13 }).batch(4)
    const all = await shuffled.toArray()
    const cursor = shuffled.iterate()
    for (let i = 0; i < 3; i++) await cursor.next()
    const rest: unknown[] = []
    for await (const batch of shuffled.iterate({ from: cursor.state() })) rest.push(batch)
    expect(rest).toEqual(all.slice(3))
  }
})

test('a function gives what comes before a story, and the recipe says that prompts are there', async () => {
  const stream = openStories([{ text: 'one', summary: 'two' }]).tokenize(wordTokenizer, {
    prompts: ({ summary }) => `Summary: ${summary}`,
  })
  expect(await stream.toArray()).toEqual([
    { ids: Int32Array.from([...idsOf('Summary: two'), ...idsOf('one')]), eos, bytes: 3, promptTokens: 2 },
  ])
  expect(stream.recipe.at(-1)).toBe('tokenize(eos 0, prompts)')
  expect(() => stream.pack({ contextLength: 4, promptLossWeight: 2 })).toThrow(/promptLossWeight is 2/)
})
