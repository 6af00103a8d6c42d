import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStories } from '../../sources/open-stories.ts'
import { openTokens } from '../../sources/open-tokens.ts'
import { startFileServer } from '../../testing/file-server.ts'
import { temporaryFolder } from '../../testing/temporary-folder.ts'

const folder = await temporaryFolder()
const eos = 50_256

/** Stories of ids below 50,000, as GPT-2's are. */
const stories = Array.from({ length: 2000 }, (_, i) =>
  Array.from({ length: 1 + ((i * 37) % 211) }, (_, k) => (i * 7919 + k * 104_729) % 50_000),
)
const behind = stories.flatMap(ids => [...ids, eos])
const before = stories.flatMap(ids => [eos, ...ids])

/** The header of llm.c. */
const header = (magic: number, version: number, count: number): Buffer => {
  const numbers = new Int32Array(256)
  numbers.set([magic, version, count])
  return Buffer.from(numbers.buffer)
}
const u16 = (ids: number[]): Buffer => Buffer.from(Uint16Array.from(ids).buffer)
const u32 = (ids: number[]): Buffer => Buffer.from(Uint32Array.from(ids).buffer)
const layouts: Record<string, Buffer> = {
  'nanogpt.bin': u16(behind),
  'llmc.bin': Buffer.concat([header(20240520, 1, before.length), u16(before)]),
  'llmc-llama3.bin': Buffer.concat([header(20240801, 7, before.length), u32(before)]),
  'plain-32.bin': u32(behind),
  'no-end.bin': u16(behind.slice(0, -1)),
}
const server = await startFileServer(layouts)

test.each(Object.entries(layouts))('%s is read, from disk and over HTTP', async (name, content) => {
  for (const source of [await folder.write(name, content), server.url(name)]) {
    const read = await openTokens(source, { eos }).toArray()
    expect(read.map(({ ids }) => [...ids])).toEqual(stories)
    expect(read.every(story => story.eos === eos && Number.isNaN(story.bytes))).toBe(true)
  }
})

test('rows of a token file are those of its stories, and resume exactly', async () => {
  const path = await folder.write('rows.bin', layouts['nanogpt.bin']!)
  const rows = openTokens(path, { eos, bytesOf: ids => 4 * ids.length })
    .shuffle({ seed: 1, bufferSize: 100 })
    .pack({ contextLength: 64 })
  const expected = await rows.toArray()
  expect(expected.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(4 * stories.flat().length)
  const cursor = rows.iterate()
  for (let i = 0; i < 1000; i++) await cursor.next()
  const rest = []
  for await (const row of rows.iterate({ from: cursor.state() })) rest.push(row)
  expect(rest).toEqual(expected.slice(1000))
  await cursor.return()
})

test('any ids of either width are read again', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 9 }), {
        minLength: 1,
        maxLength: 9,
      }),
      fc.boolean(),
      async (lists, wide) => {
        const ids = lists.flatMap(list => [...list, 0])
        const path = await folder.write('any.bin', wide ? u32(ids) : u16(ids))
        const read = await openTokens(path, { eos: 0, width: wide ? 'uint32' : 'uint16' }).toArray()
        expect(read.map(story => [...story.ids])).toEqual(lists)
      },
    ),
    { numRuns: 60 },
  )
})

test('openStories makes text of a token file with its tokenizer, and says what it needs without', async () => {
  const path = await folder.write('text.bin', u16([7, 8, eos, 9]))
  const tokenizer = { decode: (ids: Int32Array) => `<${ids.join(' ')}>`, endOfTextId: eos }
  expect(await openStories(path, { tokenizer }).toArray()).toEqual([{ text: '<7 8>' }, { text: '<9>' }])
  await expect(openStories(path).toArray()).rejects.toThrow(
    /text\.bin: a \.bin file holds token ids, not text\. Open it with openTokens.*option tokenizer/,
  )
})

test.each<[string, Buffer, object, RegExp]>([
  [
    'of an odd length',
    Buffer.concat([u16(behind), Buffer.from([1])]),
    {},
    /not a whole number of 16-bit token ids/,
  ],
  [
    'cut after its header',
    layouts['llmc.bin']!.subarray(0, 5000),
    {},
    /header counts \d+ tokens, and 1988 are present/,
  ],
  [
    'with an id above the vocabulary',
    u16([1, 2, 3]),
    { vocabSize: 3 },
    /token 2: id 3 is not below the vocabulary's size 3/,
  ],
  ['packed', gzipSync(u16(behind)), {}, /is not below|token ids/],
])('a token file %s is named with a remedy', async (_what, content, options, message) => {
  const path = await folder.write('bad.bin', content)
  await expect(openTokens(path, { eos, vocabSize: 50_257, ...options }).toArray()).rejects.toThrow(message)
})

test('a token file without its end token is refused once a story would be too long', async () => {
  const path = await folder.write('one.bin', u16(stories.flat()))
  await expect(openTokens(path, { eos, maxStoryBytes: 10_000 }).toArray()).rejects.toThrow(
    /token 0: no story ends within \d+ tokens, so 50256 is not the end token here.*option eos/,
  )
})
