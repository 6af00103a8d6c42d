import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { openStories } from '../../sources/open-stories.ts'
import { asJsonLines, asText, exampleStories } from '../../testing/example-stories.ts'
import { startFileServer } from '../../testing/file-server.ts'
import { readMemory } from '../../testing/read-memory.ts'
import { tarHeader, tarOf } from '../../testing/tar-of.ts'
import { temporaryFolder } from '../../testing/temporary-folder.ts'

const folder = await temporaryFolder()
const stories = exampleStories(600)
/** As in TinyStories_all_data: lists of records, with the key `prompt:`. */
const shard = (from: number, to: number): string =>
  JSON.stringify(
    stories.slice(from, to).map((story, i) => ({
      story: `\n\n${story}`,
      instruction: { 'prompt:': `Write number ${from + i}.`, words: ['a', 'b'], features: ['Twist'] },
      summary: `About ${from + i}.`,
      source: 'GPT-4',
    })),
  )
const files = {
  './data00.json': shard(0, 200),
  './data01.json': shard(200, 201),
  './data02.json': shard(201, 500),
  './._data02.json': 'of the Finder',
  './README.md': 'Not a story.',
  './more/rest.jsonl': asJsonLines(stories.slice(500, 590)),
  './more/last.txt': asText(stories.slice(590)),
}
const archive = tarOf(files)
const packed = gzipSync(archive)
const plainPath = await folder.write('all.tar', archive)
const packedPath = await folder.write('all_data.tar.gz', packed)
const server = await startFileServer({ 'all.tar': archive, 'all.tar.gz': packed })

test.each([
  ['plain', plainPath],
  ['packed', packedPath],
  ['plain over HTTP', server.url('all.tar')],
  ['packed over HTTP', server.url('all.tar.gz')],
])('all files of stories in an archive are read with what is known, %s', async (_what, path) => {
  const stream = openStories(path)
  const read = await stream.toArray()
  expect(read.map(({ text }) => text)).toEqual(stories)
  expect(read[300]).toEqual({
    text: stories[300],
    words: ['a', 'b'],
    features: ['Twist'],
    summary: 'About 300.',
    source: 'GPT-4',
    prompt: 'Write number 300.',
  })
  const shuffled = stream.shuffle({ seed: 5, bufferSize: 90 })
  const expected = await shuffled.toArray()
  for (const stop of [1, 199, 201, 450, 599, 600]) {
    const cursor = shuffled.iterate()
    for (let i = 0; i < stop; i++) await cursor.next()
    const from = cursor.state()
    await cursor.return()
    const rest = []
    for await (const story of shuffled.iterate({ from })) rest.push(story)
    expect(rest).toEqual(expected.slice(stop))
  }
})

test('every position between stories can be resumed from', async () => {
  const stream = openStories(plainPath)
  const cursor = stream.iterate()
  for (let i = 0; i <= stories.length; i += 1) {
    if ([0, 1, 199, 200, 201, 202, 499, 500, 501, 589, 590, 599, 600].includes(i)) {
      await using resumed = stream.iterate({ from: cursor.state() })
      expect((await resumed.next()).value?.text).toBe(stories[i])
    }
    await cursor.next()
  }
})

test('archives of the system’s tar are read in each of its formats, with long names and large numbers', async () => {
  const name = join('a'.repeat(60), 'b'.repeat(60), 'c'.repeat(60))
  await mkdir(join(folder.path, 'in', name), { recursive: true })
  await folder.write(join('in', name, 'stories.json'), shard(0, 50))
  await folder.write(join('in', 'z.json'), shard(50, 60))
  for (const format of ['gnu', 'pax', 'posix', 'ustar']) {
    const path = join(folder.path, `${format}.tgz`)
    await promisify(execFile)('tar', [
      '--sort=name',
      `--format=${format}`,
      '-C',
      join(folder.path, 'in'),
      '-czf',
      path,
      '.',
    ])
    const texts = (await openStories(path).toArray()).map(({ text }) => text)
    expect(texts).toEqual(stories.slice(0, 60))
  }
})

test.each<[string, string | Record<string, string>]>([
  ['a name with ..', { '../data.json': '["One."]' }],
  ['a name with .. inside', { 'data/../../data.json': '["One."]' }],
  ['an absolute name', { '/data.json': '["One."]' }],
  ['a drive', { 'C:\\data.json': '["One."]' }],
])('an entry that points out of the archive is refused: %s', async (_what, entries) => {
  const all = tarOf({ 'good.json': '["Good."]', ...(entries as Record<string, string>) })
  await expect(readMemory('a.tar', all).toArray()).rejects.toMatchObject({
    code: 'unsafe-entry',
    details: { entry: Object.keys(entries)[0], place: { unit: 'byte', number: 1024 } },
  })
})

test('links that point out of the archive are refused, others skipped', async () => {
  const link = (target: string): Uint8Array => tarHeader('folder/link.json', 0, '2', target)
  const good = tarOf({ 'good.json': '["Good."]' })
  const inside = Buffer.concat([link('../good.json'), good])
  expect(await readMemory('a.tar', inside).toArray()).toEqual([{ text: 'Good.' }])
  for (const target of ['/etc/passwd', '../../outside']) {
    await expect(readMemory('a.tar', Buffer.concat([link(target), good])).toArray()).rejects.toThrow(
      /a link to ".*", points out of the archive/,
    )
  }
})

test('an archive that is cut off or damaged, or has no stories, is named with a remedy', async () => {
  const cut = (bytes: number): Promise<unknown> => readMemory('a.tar', archive.subarray(0, bytes)).toArray()
  await expect(cut(archive.length - 1024)).rejects.toMatchObject({
    code: 'damaged',
    details: { format: 'tar' },
  })
  await expect(cut(20_000)).rejects.toMatchObject({
    details: { source: 'a.tar, ./data00.json', fault: 'json-truncated' },
  })
  const damaged = Buffer.from(archive)
  damaged[512 + Math.ceil(Buffer.byteLength(files['./data00.json']) / 512) * 512 + 3] = 0x21
  await expect(readMemory('a.tar', damaged).toArray()).rejects.toMatchObject({ code: 'damaged' })
  await expect(readMemory('a.tar', tarOf({ 'README.md': 'Hello.' })).toArray()).rejects.toMatchObject({
    code: 'no-story-files',
    details: { files: ['README.md'] },
  })
  await expect(
    readMemory('a.tar', tarOf({ 'a.json': '["One.", {"x": 1}]' })).toArray(),
  ).rejects.toMatchObject({
    code: 'missing-text',
    details: { source: 'a.tar, a.json', place: { unit: 'item', number: 2, byte: 9 } },
  })
  const broken = (await readFile(packedPath)).subarray(0, packed.length / 2)
  await expect(readMemory('a.tar.gz', broken).toArray()).rejects.toMatchObject({
    code: 'damaged',
    details: { format: 'gzip' },
  })
})

test('files are chosen by what they are: compressed ones and parquet too, texts about the data not', async () => {
  const parquet = Buffer.from(
    parquetWriteBuffer({ columnData: [{ name: 'text', data: ['Six.', 'Seven.'], type: 'STRING' }] }),
  )
  const archive = tarOf({
    'LICENSE.txt': 'All rights.',
    'README.txt': 'About.',
    'dataset_infos.json': '{}',
    'a/data00.json': '["One."]',
    'a/data01.jsonl.gz': gzipSync('"Two."\n"Three."\n'),
    'b.tar': tarOf({ 'four.txt': 'Four.', 'five.txt': 'Five.' }),
    'c.parquet': parquet,
    'd.txt': 'Eight.',
  })
  const expected = ['One.', 'Two.', 'Three.', 'Four.', 'Five.', 'Six.', 'Seven.', 'Eight.']
  for (const [name, content] of [
    ['a.tar', archive],
    ['a.tar.gz', gzipSync(archive)],
  ] as const) {
    for (const chunkBytes of [777, archive.length]) {
      const stream = readMemory(name, content, { chunkBytes })
      expect((await stream.toArray()).map(({ text }) => text)).toEqual(expected)
      for (let stop = 1; stop < expected.length; stop++) {
        const cursor = stream.shuffle({ seed: 1, bufferSize: 3 }).iterate()
        for (let i = 0; i < stop; i++) await cursor.next()
        const from = cursor.state()
        const rest: string[] = []
        for await (const { text } of cursor) rest.push(text)
        const resumed: string[] = []
        for await (const { text } of stream.shuffle({ seed: 1, bufferSize: 3 }).iterate({ from }))
          resumed.push(text)
        expect(resumed).toEqual(rest)
      }
    }
  }
})

test('a text and a JSON file of one name are one story with its fields, in any order', async () => {
  const fields = JSON.stringify({ words: ['run', 'hat', 'sad'], summary: 'A hat runs.', id: 7 })
  const archive = tarOf({
    '000.json': fields,
    '000.txt': 'The hat ran.',
    '001.txt': 'A pot sat.',
    '001.json': fields,
    '002.txt': 'Alone.',
  })
  const known = { words: ['run', 'hat', 'sad'], summary: 'A hat runs.' }
  const expected = [{ text: 'The hat ran.', ...known }, { text: 'A pot sat.', ...known }, { text: 'Alone.' }]
  for (const content of [archive, gzipSync(archive)]) {
    const stream = readMemory('a.tar', content, { chunkBytes: 600 })
    expect(await stream.toArray()).toEqual(expected)
    for (let stop = 1; stop < 3; stop++) {
      const cursor = stream.shuffle({ seed: 2, bufferSize: 2 }).iterate()
      for (let i = 0; i < stop; i++) await cursor.next()
      const from = cursor.state()
      const rest: unknown[] = []
      for await (const story of cursor) rest.push(story)
      const resumed: unknown[] = []
      for await (const story of stream.shuffle({ seed: 2, bufferSize: 2 }).iterate({ from }))
        resumed.push(story)
      expect(resumed).toEqual(rest)
    }
  }
})
