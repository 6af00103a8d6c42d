import { fileURLToPath } from 'node:url'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { openStories } from '../../sources/open-stories.ts'
import { exampleStories } from '../../testing/example-stories.ts'
import { cutAfter, startFileServer, status } from '../../testing/file-server.ts'
import { readMemory } from '../../testing/read-memory.ts'
import { temporaryFolder } from '../../testing/temporary-folder.ts'

const folder = await temporaryFolder()
const stories = exampleStories(900)

type WriteOptions = Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>
const write = (columnData: ColumnSource[], options: WriteOptions = {}): Buffer =>
  Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 128, ...options }))
const textColumn = (data: string[]): ColumnSource => ({ name: 'text', data, type: 'STRING' })
const other: ColumnSource = {
  name: 'noise',
  // Does not pack, so that reading it would show.
  data: stories.map((_, i) =>
    Array.from({ length: 200 }, (_, k) => ((i * 7919 + k * k * 31) % 94) + 33).join(''),
  ),
  type: 'STRING',
}
const content = write([other, textColumn(stories)])
const server = await startFileServer({ 'train.parquet': content })

test('stories come in order, whatever the row groups, and are known by content', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      async (from, rowGroupSize, columnIndex) => {
        const some = stories.slice(from, from + 200)
        const file = write([textColumn(some)], { rowGroupSize, columnIndex } as WriteOptions)
        expect((await readMemory('no-ending', file).toArray()).map(({ text }) => text)).toEqual(some)
      },
    ),
    { numRuns: 40 },
  )
})

test('row groups of more rows than are decoded at a time', async () => {
  const many = exampleStories(5000)
  const path = await folder.write('one-group.parquet', write([textColumn(many)], { rowGroupSize: 5000 }))
  const stream = openStories(path)
  expect((await stream.toArray()).map(({ text }) => text)).toEqual(many)
  const cursor = stream.iterate()
  for (let i = 0; i < 4100; i++) await cursor.next()
  await using resumed = stream.iterate({ from: cursor.state() })
  expect((await resumed.next()).value?.text).toBe(many[4100])
  await cursor.return()
})

test('a state in the middle of a row group continues there, with the rows of a shuffle buffer', async () => {
  const stream = openStories(await folder.write('train.parquet', content)).shuffle({
    seed: 4,
    bufferSize: 200,
  })
  const expected = (await stream.toArray()).map(({ text }) => text)
  expect(expected.toSorted()).toEqual(stories.toSorted())
  for (const stop of [1, 127, 128, 333, 899]) {
    const cursor = stream.iterate()
    for (let i = 0; i < stop; i++) await cursor.next()
    const from = cursor.state()
    await cursor.return()
    const rest: string[] = []
    for await (const { text } of stream.iterate({ from })) rest.push(text)
    expect(rest).toEqual(expected.slice(stop))
  }
})

test('over HTTP only the wanted column is fetched, and only the row groups that are read', async () => {
  server.asked = []
  const url = server.url('train.parquet')
  expect((await openStories(url).toArray()).map(({ text }) => text)).toEqual(stories)
  const fetched = server.asked.slice(2).reduce((sum, range) => {
    const [from, to] = range.split('-').map(Number)
    return sum + to! - from! + 1
  }, 0)
  expect(fetched).toBeLessThan(content.length / 2)
  const cursor = openStories(url).iterate()
  for (let i = 0; i < 700; i++) await cursor.next()
  const from = cursor.state()
  await cursor.return()
  server.asked = []
  await using resumed = openStories(url).iterate({ from })
  expect((await resumed.next()).value?.text).toBe(stories[700])
  // Head, footer, the first rows (which tell what rows stand for) and one row group.
  expect(server.asked.length).toBeLessThanOrEqual(4)
})

test('a server that misbehaves in the middle of a row group loses nothing', async () => {
  server.misbehave = [() => false, cutAfter(500), status(503), () => false, cutAfter(100), cutAfter(0)]
  const stream = openStories(server.url('train.parquet'), { retryDelay: 1 })
  expect((await stream.toArray()).map(({ text }) => text)).toEqual(stories)
  server.ranges = false
  await expect(openStories(server.url('train.parquet')).toArray()).rejects.toMatchObject({
    code: 'random-access-needed',
  })
  server.ranges = true
})

test.each([
  ['GZIP', (bytes: Uint8Array) => zlib.gzipSync(bytes)],
  ['BROTLI', (bytes: Uint8Array) => zlib.brotliCompressSync(bytes)],
  ['ZSTD', (bytes: Uint8Array) => zlib.zstdCompressSync(bytes)],
  ['UNCOMPRESSED', undefined],
] as const)('columns packed with %s are read', async (codec, pack) => {
  if (codec === 'ZSTD' && !('zstdCompressSync' in zlib)) return
  const file = write([textColumn(stories)], {
    codec,
    ...(pack ? { compressors: { [codec]: (bytes: Uint8Array) => new Uint8Array(pack(bytes)) } } : {}),
  } as WriteOptions)
  expect(await readMemory('a.parquet', file).toArray()).toHaveLength(900)
})

test('a codec that is not known is named', async () => {
  const file = write([textColumn(stories)], {
    codec: 'LZO',
    compressors: { LZO: (bytes: Uint8Array) => bytes },
  } as WriteOptions)
  await expect(readMemory('a.parquet', file).toArray()).rejects.toMatchObject({
    code: 'unsupported-compression',
    details: { codec: 'LZO' },
  })
})

test('words, summary and the rest are kept; empty cells are blank stories', async () => {
  const file = write([
    { name: 'story', data: ['One.', null, 'Three.'], type: 'STRING', nullable: true },
    { name: 'summary', data: ['It is one.', null, null], type: 'STRING', nullable: true },
    { name: 'words', data: ['a, b', null, null], type: 'STRING', nullable: true },
    { name: 'source', data: ['GPT-4', 'GPT-4', 'GPT-3.5'], type: 'STRING' },
  ])
  expect(await readMemory('a.parquet', file).toArray()).toEqual([
    { text: 'One.', summary: 'It is one.', words: ['a', 'b'], source: 'GPT-4' },
    { text: 'Three.', source: 'GPT-3.5' },
  ])
  expect(
    (await readMemory('a.parquet', file, { textField: 'summary' }).toArray()).map(({ text }) => text),
  ).toEqual(['It is one.'])
})

test('lists and structures as pyarrow 26.0.1 writes them, in two row groups, are read as its own reader has them', async () => {
  const file = fileURLToPath(new URL('../../testing/pyarrow-26.parquet', import.meta.url))
  expect(await openStories(file).toArray()).toEqual([
    {
      text: 'The first story.',
      words: ['run', 'hat'],
      features: ['Twist'],
      summary: 'One.',
      prompt: 'Write one.',
    },
    { text: 'Ünï — “two”.', words: [], features: [] },
    {
      text: 'Four.',
      words: ['sad'],
      features: ['Dialogue', 'Conflict'],
      summary: 'Four.',
      prompt: 'Write four.',
    },
  ])
})

test('rows that are lines of TinyStories-Instruct are put together', async () => {
  const lines = [
    'Words: a, b, c',
    'Story: ',
    '',
    'One.',
    'Summary: S.',
    '<|endoftext|>',
    'Summary: T.',
    'Story: ',
    '',
    'Two.',
  ]
  const file = write([textColumn(lines)], { rowGroupSize: 3 })
  const read = await readMemory('a.parquet', file).toArray()
  expect(read).toMatchObject([
    { text: 'One.', words: ['a', 'b', 'c'], summary: 'S.' },
    { text: 'Two.', summary: 'T.' },
  ])
})

test.each<[string, () => Uint8Array, RegExp]>([
  [
    'cut off',
    () => content.subarray(0, content.length - 300),
    /a\.parquet: the parquet file is cut off or damaged.*Copy or download/,
  ],
  [
    'cut in its footer',
    () => Buffer.concat([content.subarray(0, 5000), content.subarray(-40)]),
    /the parquet file is cut off or damaged/,
  ],
  ['of a few bytes', () => content.subarray(0, 6), /the parquet file is cut off or damaged/],
  [
    'with a damaged page',
    () => {
      const damaged = Buffer.from(write([textColumn(stories)]))
      damaged.fill(0xff, 30, 3000)
      return damaged
    },
    /a\.parquet, rows 1 to 64: the parquet file is cut off or damaged/,
  ],
  ['without a column of text', () => write([other]), /no text under "text".*there are "noise".*textField/],
  [
    'with text that is not UTF-8',
    () =>
      write([
        {
          name: 'text',
          data: [Uint8Array.from([0x41, 0xe9, 0x42])],
          type: 'BYTE_ARRAY',
          converted_type: 'UTF8',
        } as never,
      ]),
    /rows 1 to 1: this is not valid utf-8.*invalidUtf8/,
  ],
  ['without rows', () => write([textColumn([])]), /no story in it/],
])('a file %s is named with a remedy', async (_what, make, message) => {
  await expect(readMemory('a.parquet', make()).toArray()).rejects.toThrow(message)
})

test.each(['lz4', 'delta-v1', 'delta-v2'])('%s as pyarrow 26.0.1 writes it', async name => {
  const file = fileURLToPath(new URL(`../../testing/pyarrow-26-${name}.parquet`, import.meta.url))
  const times = name === 'lz4' ? 4 : 1
  const expected = ['red', 'old', 'shy'].flatMap(fox =>
    ['late', 'wet', 'cold', 'dark'].map(night =>
      `The ${fox} fox ran home. It was ${night}. `.repeat(times).trim(),
    ),
  )
  expect((await openStories(file).toArray()).map(({ text }) => text)).toEqual(expected)
})
