import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8Length } from '../bytes/utf8.ts'
import { openStories } from '../sources/open-stories.ts'
import type { PackedRow, StoryTokenizer } from '../stream/tokens.ts'
import { exampleStories } from '../testing/example-stories.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'

/** The characters `a` to `z` are the tokens 1 to 26; anything else is nothing. */
const letters: StoryTokenizer = {
  encode: text => ({ ids: [...text].filter(c => /[a-z]/.test(c)).map(c => c.charCodeAt(0) - 96) }),
}
const eos = 0

const rows = (
  stories: string[],
  options: Parameters<ReturnType<typeof tokens>['pack']>[0],
): Promise<PackedRow[]> => tokens(stories).pack(options).toArray()
const tokens = (stories: string[]) => openStories(stories).tokenize(letters, { eos })
const plain = ({ inputs, targets, mask, bytes }: PackedRow) => ({
  inputs: [...inputs],
  targets: [...targets],
  mask: [...mask],
  bytes,
})

test('by stream: stories joined by the end token, targets shifted by one, the rest padded with mask 0', async () => {
  const packed = await rows(['abc', 'de'], { contextLength: 4 })
  expect(packed.map(plain)).toEqual([
    { inputs: [0, 1, 2, 3], targets: [1, 2, 3, 0], mask: [1, 1, 1, 1], bytes: 3 },
    { inputs: [0, 4, 5, 0], targets: [4, 5, 0, 0], mask: [1, 1, 1, 0], bytes: 2 },
  ])
})

test('by stream: a story may begin and continue in any row', async () => {
  const packed = await rows(['abcdefg', 'h'], { contextLength: 3, by: 'stream' })
  expect(packed.map(plain)).toEqual([
    { inputs: [0, 1, 2], targets: [1, 2, 3], mask: [1, 1, 1], bytes: 2 },
    { inputs: [3, 4, 5], targets: [4, 5, 6], mask: [1, 1, 1], bytes: 3 },
    { inputs: [6, 7, 0], targets: [7, 0, 8], mask: [1, 1, 1], bytes: 2 },
    { inputs: [8, 0, 0], targets: [0, 0, 0], mask: [1, 0, 0], bytes: 1 },
  ])
})

test('by story: a row each, and a long story continues with the overlap read again but not counted', async () => {
  const packed = await rows(['ab', 'abcdefgh'], { contextLength: 4, by: 'story', overlap: 1 })
  expect(packed.map(plain)).toEqual([
    { inputs: [0, 1, 2, 0], targets: [1, 2, 0, 0], mask: [1, 1, 1, 0], bytes: 2 },
    { inputs: [0, 1, 2, 3], targets: [1, 2, 3, 4], mask: [1, 1, 1, 1], bytes: 3 },
    { inputs: [3, 4, 5, 6], targets: [4, 5, 6, 7], mask: [0, 1, 1, 1], bytes: 3 },
    { inputs: [6, 7, 8, 0], targets: [7, 8, 0, 0], mask: [0, 1, 1, 0], bytes: 2 },
  ])
})

test('by story: a story that just fills its row has no further one', async () => {
  for (const overlap of [0, 2, 3]) {
    expect(await rows(['abc'], { contextLength: 4, by: 'story', overlap })).toHaveLength(1)
    expect(await rows(['abcd'], { contextLength: 4, by: 'story', overlap })).toHaveLength(2)
  }
})

const someStories = fc.array(
  fc.stringMatching(/^[a-zé ]{1,40}$/).filter(s => /[a-z]/.test(s)),
  { minLength: 1, maxLength: 8 },
)

test('by stream: read in order, the counted targets are all stories with their end tokens, each after its input', async () => {
  await fc.assert(
    fc.asyncProperty(someStories, fc.integer({ min: 1, max: 50 }), async (stories, contextLength) => {
      const packed = await rows(stories, { contextLength })
      const sequence = stories.flatMap(story => [...letterIds(story), eos])
      const targets = packed.flatMap(row => [...row.targets].filter((_, i) => row.mask[i] === 1))
      const inputs = packed.flatMap(row => [...row.inputs].filter((_, i) => row.mask[i] === 1))
      expect(targets).toEqual(sequence)
      expect(inputs).toEqual([eos, ...sequence.slice(0, -1)])
      expect(sum(packed.map(row => row.bytes))).toBe(sum(stories.map(story => utf8Length(story.trim()))))
    }),
  )
})

test('by story: every target is counted once, after at least `overlap` tokens of context or all there are', async () => {
  const options = fc.integer({ min: 1, max: 30 }).chain(contextLength =>
    fc.record({
      contextLength: fc.constant(contextLength),
      overlap: fc.integer({ min: 0, max: contextLength - 1 }),
    }),
  )
  await fc.assert(
    fc.asyncProperty(someStories, options, async (stories, { contextLength, overlap }) => {
      const packed = await rows(stories, { contextLength, overlap, by: 'story' })
      const targets = packed.flatMap(row => [...row.targets].filter((_, i) => row.mask[i] === 1))
      expect(targets).toEqual(stories.flatMap(story => [...letterIds(story), eos]))
      for (const row of packed) {
        const counted = row.mask.indexOf(1)
        expect([0, overlap]).toContain(counted)
        if (row.inputs[0] !== eos) expect(counted).toBe(overlap)
        for (let i = 1; i < contextLength; i++) {
          if (row.mask[i] === 1) expect(row.inputs[i]).toBe(row.targets[i - 1])
        }
      }
      expect(sum(packed.map(row => row.bytes))).toBe(sum(stories.map(story => utf8Length(story.trim()))))
    }),
  )
})

test('stories without a token are left out by both', async () => {
  for (const by of ['stream', 'story'] as const) {
    const packed = await rows(['ab', '…', 'c'], { contextLength: 8, by })
    expect(packed.flatMap(row => [...row.targets].filter((_, i) => row.mask[i] === 1))).toEqual([
      1, 2, 0, 3, 0,
    ])
  }
})

test('a batch of rows is one array; pad and dropLast keep its shape constant', async () => {
  const stream = openStories(exampleStories(9)).tokenize(wordTokenizer).pack({ contextLength: 16 })
  const all = await stream.toArray()
  const size = all.length - 1
  const [first, last] = await stream.batch(size).toArray()
  expect(first!.shape).toEqual([size, 16])
  expect(last!.shape).toEqual([1, 16])
  expect([...first!.inputs.subarray(16, 32)]).toEqual([...all[1]!.inputs])
  expect([...last!.targets]).toEqual([...all[size]!.targets])
  expect(first!.bytes + last!.bytes).toBe(sum(all.map(row => row.bytes)))

  const padded = await stream.batch(size, { pad: true }).toArray()
  expect(padded.map(batch => batch.shape)).toEqual([
    [size, 16],
    [size, 16],
  ])
  expect(padded[1]!.mask.length).toBe(size * 16)
  expect([...padded[1]!.mask.subarray(0, 16)]).toEqual([...all[size]!.mask])
  expect(padded[1]!.mask.subarray(16).every(value => value === 0)).toBe(true)
  expect(padded[1]!.bytes).toBe(last!.bytes)

  expect((await stream.batch(size, { dropLast: true }).toArray()).map(batch => batch.shape)).toEqual([
    [size, 16],
  ])
})

test('tokenize asks for no special tokens, and needs an end token', async () => {
  const asked: unknown[] = []
  const spy: StoryTokenizer = {
    encode(_text, options) {
      asked.push(options)
      return { ids: new Uint16Array([5, 6]) }
    },
  }
  const [story] = await openStories(['é']).tokenize(spy, { eos: 9 }).toArray()
  expect(story).toEqual({ ids: Int32Array.from([5, 6]), eos: 9, bytes: 2 })
  expect(asked).toEqual([{ addSpecialTokens: false }])
  expect(() => openStories(['a']).tokenize(spy)).toThrow(/eos is undefined, but must be the id.*endOfTextId/)
})

test('impossible sizes are refused when the recipe is created', () => {
  expect(() => tokens(['a']).pack({ contextLength: 0 })).toThrow(/contextLength is 0/)
  expect(() => tokens(['a']).pack({ contextLength: 4, by: 'story', overlap: 4 })).toThrow(
    /overlap is 4, but must be below contextLength, 4/,
  )
  expect(() => tokens(['a']).batch(1.5)).toThrow(/batch: size is 1.5/)
})

function letterIds(story: string): number[] {
  return [...(letters.encode(story, { addSpecialTokens: false }).ids as number[])]
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)
