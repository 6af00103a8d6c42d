import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openStories } from '../../sources/open-stories.ts'
import { startFileServer } from '../../testing/file-server.ts'
import { readMemory } from '../../testing/read-memory.ts'
import { tarOf } from '../../testing/tar-of.ts'
import { temporaryFolder } from '../../testing/temporary-folder.ts'

/** Files of pyarrow, in batches of 17 or 25 rows; `oracle` says which version. */
const goldens = JSON.parse(readFileSync(new URL('../../testing/arrow.json', import.meta.url), 'utf8')) as {
  files: Record<string, string>
}
const file = (name: string): Buffer => Buffer.from(goldens.files[name]!, 'base64')
const textOf = (i: number): string =>
  `Story ${i} about Zoë and a 🐢.\n\n"Look!" said ${'Tom '.repeat(i % 7)}`.trim()
const texts = Array.from({ length: 60 }, (_, i) => textOf(i))
const read = async (name: string, options = {}): Promise<string[]> =>
  (await readMemory('table', file(name), options).toArray()).map(story => story.text)

const folder = await temporaryFolder()
const server = await startFileServer({ 'data.arrow': file('stream') })

test.each(['stream', 'feather lz4', 'feather zstd', 'file uncompressed'])(
  '%s: stories with all their fields, whatever pieces the file comes in',
  async name => {
    const fields = texts.map((text, i) => ({
      text,
      words: i % 2 === 1 ? ['a', 'b'] : ['c'],
      ...(i % 5 === 0 ? {} : { summary: `s${i}` }),
      source: i % 3 === 0 ? 'GPT-3.5' : 'GPT-4',
    }))
    for (const chunkBytes of [7, 1000, 1e6])
      expect(await readMemory('table', file(name), { chunkBytes }).toArray()).toEqual(fields)
  },
)

test.each(['large_string stream', 'string_view stream', 'dictionary text', 'null column'])(
  '%s',
  async name => {
    expect(await read(name)).toEqual(texts)
  },
)

test('a chat gives its last answer and what was asked', async () => {
  const [story] = await readMemory('chat', file('chat')).take(1).toArray()
  expect(story).toEqual({ text: textOf(0), prompt: 'Q0' })
})

test.each(['stream', 'feather lz4'])('%s: a state in the middle of a batch continues there', async name => {
  const path = await folder.write(`${name}.arrow`, file(name))
  const stream = openStories(path).shuffle({ seed: 3, bufferSize: 8 })
  const all = (await stream.toArray()).map(story => story.text)
  expect([...all].sort()).toEqual([...texts].sort())
  for (const stop of [0, 1, 16, 17, 40, 59]) {
    const cursor = stream.iterate()
    for (let i = 0; i < stop; i++) await cursor.next()
    const from = cursor.state()
    await cursor.return()
    const rest: string[] = []
    for await (const { text } of stream.iterate({ from })) rest.push(text)
    expect(rest).toEqual(all.slice(stop))
  }
})

test('over HTTP, compressed, and in an archive', async () => {
  expect((await openStories(server.url('data.arrow')).toArray()).map(each => each.text)).toEqual(texts)
  const packed = await folder.write('a.arrow.gz', gzipSync(file('stream')))
  expect((await openStories(packed).toArray()).map(each => each.text)).toEqual(texts)
  const archive = await folder.write('a.tar', tarOf({ 'data.feather': file('feather lz4') }))
  expect((await openStories(archive).toArray()).map(each => each.text)).toEqual(texts)
})

test.each<[string, () => Promise<unknown>, object]>([
  ['no column of text', () => read('no text'), { code: 'missing-text', details: { found: ['other'] } }],
  [
    'another column',
    () => read('no text', { textField: 'text' }),
    { code: 'missing-text', details: { tried: ['text'] } },
  ],
  [
    'bytes that are no text',
    () => read('invalid'),
    { code: 'invalid-encoding', details: { place: { unit: 'row', number: 2 } } },
  ],
  ['no rows', () => read('empty'), { code: 'no-stories' }],
  [
    'the first version',
    () => read('feather v1'),
    { code: 'unsupported-format', details: { format: 'Feather 1' } },
  ],
  [
    'a long story',
    () => read('stream', { maxStoryBytes: 40 }),
    { code: 'record-too-long', details: { place: { unit: 'row', number: 1 }, limit: 40 } },
  ],
  [
    'a large batch',
    () => read('stream', { maxRowGroupBytes: 500 }),
    { code: 'limit-exceeded', details: { option: 'maxRowGroupBytes', limit: 500 } },
  ],
])('%s is an error with a code', async (_what, reading, expected) => {
  await expect(reading()).rejects.toMatchObject(expected)
})

test('another column can be named, and invalid bytes read as U+FFFD', async () => {
  expect(await read('no text', { textField: 'other' })).toEqual(texts)
  expect(await read('invalid', { invalidUtf8: 'replace' })).toEqual(['One', 'Tw\ufffd', 'Six'])
})

test('cut off anywhere it gives the stories before, then ends or says that it is damaged', async () => {
  const whole = file('stream')
  for (let length = 400; length < whole.length; length += 997) {
    const read: string[] = []
    const failure = await (async () => {
      for await (const { text } of readMemory('cut', whole.subarray(0, length))) read.push(text)
    })().catch((error: unknown) => error)
    expect(read).toEqual(texts.slice(0, read.length))
    if (read.length < 60) expect(failure).toMatchObject({ name: 'DatasetError' })
  }
})
