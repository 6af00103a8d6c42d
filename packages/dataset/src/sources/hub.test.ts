import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { startHubServer } from '@tinystories/testing/hub'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { asJsonLines, asText, exampleStories } from '../testing/example-stories.ts'
import { tarOf } from '../testing/tar-of.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import type { OpenStoriesOptions } from './driver.ts'
import { openStories } from './open-stories.ts'

const repository = 'roneneldan/TinyStories'
const folder = await temporaryFolder()
const train = exampleStories(1200)
const valid = exampleStories(20)
const content = Buffer.from(asText(train))
const original = {
  'TinyStories-valid.txt': Buffer.from(asText(valid)),
  'TinyStories-train.txt': content,
  'data/some stories.jsonl.gz': gzipSync(asJsonLines(valid)),
}
const hub = await startHubServer({ [repository]: { kind: 'dataset', files: original } })
afterAll(() => hub.close())
const cacheDir = join(folder.path, 'cache')

const serve = (files: Record<string, Buffer>): void => {
  hub.repositories = { [repository]: { kind: 'dataset', files } }
}
const open = (path = '', options: OpenStoriesOptions = {}) =>
  openStories(`hf://${repository}${path}`, { cacheDir, endpoint: hub.endpoint, retryDelay: 1, ...options })
const texts = async (...from: Parameters<typeof open>): Promise<string[]> =>
  (await open(...from).toArray()).map(story => story.text)
/** Files that were downloaded; large ones come from the other origin, after a redirect. */
const downloads = (): string[] =>
  [...new Set(hub.requests.map(({ path }) => path).filter(path => path.includes('/resolve/')))].map(
    path => path.split('/').at(-1)!,
  )

beforeEach(async () => {
  // A commit's list is kept, so another list needs another cache.
  await rm(cacheDir, { recursive: true, force: true })
  serve(original)
  hub.requests = []
})

test('TinyStories without a path means its train file, or the split that is asked for', async () => {
  expect(await texts()).toEqual(train)
  expect(await texts('', { split: 'validation' })).toEqual(valid)
  expect(await texts('@main/TinyStories-valid.txt')).toEqual(valid)
  expect(await texts('/data/some stories.jsonl.gz')).toEqual(valid)
})

test('a file is downloaded once, for iterations at the same time too', async () => {
  const stream = open()
  await Promise.all([stream.toArray(), stream.take(3).toArray()])
  await texts()
  expect(hub.requests.filter(({ path, elsewhere }) => elsewhere && path.endsWith('-train.txt'))).toHaveLength(
    1,
  )
})

test('without a network the cache serves, by branch and by commit; without either an error says so', async () => {
  await texts()
  const offline = async (): Promise<never> => {
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }),
    })
  }
  expect(await texts('', { fetch: offline })).toEqual(train)
  expect(await texts(`@${hub.commit}`, { fetch: offline })).toEqual(train)
  await expect(texts('', { split: 'validation', fetch: offline })).rejects.toMatchObject({
    code: 'unreachable',
  })
})

test('progress names file, bytes and total; the token goes to the hub alone', async () => {
  const seen: object[] = []
  await texts('', { token: 'secret', onDownload: progress => seen.push(progress) })
  expect(seen.at(-1)).toEqual({ file: 'TinyStories-train.txt', bytes: content.length, total: content.length })
  expect(
    hub.requests.every(({ authorization, elsewhere }) => (authorization === undefined) === elsewhere),
  ).toBe(true)
})

test('an abort ends a download', async () => {
  const controller = new AbortController()
  const options: OpenStoriesOptions = { onDownload: () => controller.abort(new Error('enough')) }
  const cursor = open('', options).iterate({ signal: controller.signal })
  await expect(cursor.next()).rejects.toThrow('enough')
})

test('a missing file or revision, and a choice that is not clear, name what there is', async () => {
  const names = Object.keys(original)
  await expect(texts('/nothing.txt')).rejects.toMatchObject({
    code: 'not-found',
    details: { available: names },
  })
  await expect(texts('@v9')).rejects.toMatchObject({ code: 'no-revision' })
  await rm(cacheDir, { recursive: true, force: true })
  serve({ 'a-train.txt': content, 'b-train.txt': content })
  await expect(texts()).rejects.toMatchObject({
    code: 'ambiguous-source',
    details: { repository, split: 'train', files: ['a-train.txt', 'b-train.txt'] },
  })
  await rm(cacheDir, { recursive: true })
  serve({ 'only.zip': content, 'README.txt': content })
  await expect(texts()).rejects.toMatchObject({ code: 'no-story-files' })
  expect(await readdir(folder.path)).toEqual(['cache'])
})

test('a numbered series of files is one stream, each downloaded when its turn comes', async () => {
  const part = (i: number): Buffer =>
    Buffer.from(
      parquetWriteBuffer({
        columnData: [{ name: 'text', data: train.slice(400 * i, 400 * (i + 1)), type: 'STRING' }],
        rowGroupSize: 100,
      }),
    )
  const name = (i: number, digest: string): string => `data/train-0000${i}-of-00003-${digest}.parquet`
  const series = {
    [name(2, 'c0')]: part(2),
    [name(0, 'a1')]: part(0),
    'data/validation-00000-of-00001-d3.parquet': part(1),
    [name(1, 'b2')]: part(1),
    'dataset_infos.json': Buffer.from('{}'),
  }
  serve(series)
  const stream = open()
  for await (const _ of stream) break
  expect(downloads()).toEqual([name(0, 'a1').slice(5)])
  const shuffled = stream.shuffle({ seed: 1, bufferSize: 500 })
  const expected = (await shuffled.toArray()).map(({ text }) => text)
  expect(expected.toSorted()).toEqual(train.toSorted())
  expect(downloads()).toHaveLength(3)
  const cursor = shuffled.iterate()
  for (let i = 0; i < 450; i++) await cursor.next()
  expect(cursor.progress().bytesTotal).toBe(part(0).length + part(1).length + part(2).length)
  const rest: string[] = []
  for await (const { text } of shuffled.iterate({ from: cursor.state() })) rest.push(text)
  expect(rest).toEqual(expected.slice(450))
  await cursor.return()
  expect(await texts('/data', { split: 'validation' })).toEqual(train.slice(400, 800))
  // One of them is missing.
  await rm(cacheDir, { recursive: true })
  const { [name(1, 'b2')]: _, ...rest2 } = series
  serve(rest2)
  await expect(texts()).rejects.toMatchObject({ code: 'ambiguous-source' })
})

test('an archive on the hub is read with what is known of its stories', async () => {
  const record = { story: 'One.', instruction: { 'prompt:': 'Write.', words: ['a'] }, source: 'GPT-4' }
  const archive = tarOf({ 'data00.json': JSON.stringify([record]) })
  serve({ 'TinyStories-train.txt': content, 'TinyStories_all_data.tar.gz': gzipSync(archive) })
  expect(await open('/TinyStories_all_data.tar.gz').toArray()).toEqual([
    { text: 'One.', prompt: 'Write.', words: ['a'], source: 'GPT-4' },
  ])
})

test('a malformed address and a missing cache folder are refused when the stream is created', () => {
  for (const address of ['hf://a/b/../c', 'hf://a/b@', 'hf://a/b@%zz', 'hf://a b/c'])
    expect(() => openStories(address, { cacheDir })).toThrow(
      expect.objectContaining({ name: 'HubError', code: 'invalid-address' }),
    )
  expect(() => openStories('hf://a/b')).toThrow(expect.objectContaining({ code: 'cache-dir-missing' }))
})
