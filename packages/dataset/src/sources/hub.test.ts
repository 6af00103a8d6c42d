import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { beforeEach, expect, test } from 'vitest'
import { asJsonLines, asText, exampleStories } from '../testing/example-stories.ts'
import { type Misbehaviour, repository, startHub } from '../testing/hub-server.ts'
import { tarOf } from '../testing/tar-of.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import type { OpenStoriesOptions } from './driver.ts'
import { openStories } from './open-stories.ts'

const folder = await temporaryFolder()
const train = exampleStories(1200)
const valid = exampleStories(20)
const content = Buffer.from(asText(train))
const original = {
  'TinyStories-valid.txt': Buffer.from(asText(valid)),
  'TinyStories-train.txt': content,
  'data/some stories.jsonl.gz': gzipSync(asJsonLines(valid)),
  '../outside-train.txt': Buffer.from('No.'),
}
const hub = await startHub(original)
const cacheDir = join(folder.path, 'cache')
const base = join(cacheDir, 'datasets', repository.replace('/', '--'))
const target = join(base, hub.commit, 'TinyStories-train.txt')

const open = (path = '', options: OpenStoriesOptions = {}) =>
  openStories(`hf://${repository}${path}`, { cacheDir, endpoint: hub.endpoint, retryDelay: 1, ...options })
const texts = async (...from: Parameters<typeof open>): Promise<string[]> =>
  (await open(...from).toArray()).map(story => story.text)
const downloads = (): string[] =>
  hub.asked.filter(path => path.includes('/resolve/')).map(path => path.split('/').at(-1)!)

beforeEach(async () => {
  await rm(cacheDir, { recursive: true, force: true })
  hub.files = new Map(Object.entries(original))
  hub.asked = []
  hub.misbehave = []
  hub.refuse = undefined
})

test('TinyStories without a path means its train file, or the split that is asked for', async () => {
  expect(await texts()).toEqual(train)
  expect(await texts('', { split: 'validation' })).toEqual(valid)
  expect(await texts('@main/TinyStories-valid.txt')).toEqual(valid)
  expect(await texts('/data/some stories.jsonl.gz')).toEqual(valid)
  expect(await readFile(target)).toEqual(content)
})

test('a file is downloaded once, for walks at the same time too', async () => {
  const stream = open()
  await Promise.all([stream.toArray(), stream.take(3).toArray()])
  await texts()
  expect(downloads()).toEqual(['TinyStories-train.txt'])
})

test('without a network the cache serves, by branch and by commit; without either one is told so', async () => {
  await texts()
  const offline = async (): Promise<never> => {
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }),
    })
  }
  expect(await texts('', { fetch: offline })).toEqual(train)
  expect(await texts(`@${hub.commit}`, { fetch: offline })).toEqual(train)
  await expect(texts('', { split: 'validation', fetch: offline })).rejects.toThrow(
    /hub cannot be reached.*Check the network/,
  )
})

const cutAfter =
  (bytes: number): Misbehaviour =>
  (request, response, whole) => {
    const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0)
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': whole.length - from,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` } : {}),
    })
    response.write(whole.subarray(from, from + bytes), () => setTimeout(() => response.destroy(), 5))
    return true
  }
const status =
  (code: number, headers = {}): Misbehaviour =>
  (_request, response) => {
    response.writeHead(code, headers).end()
    return true
  }
const endsEarly: Misbehaviour = (_request, response, whole) => {
  // Without a length, an early end looks like a good one.
  response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(whole.subarray(0, 5000))
  return true
}
const wholeAgain: Misbehaviour = (_request, response, whole) => {
  response.writeHead(200, { 'content-length': whole.length }).end(whole)
  return true
}
const slow: Misbehaviour = (_request, response, whole) => {
  response.writeHead(200, { 'content-length': whole.length })
  const pieces = Array.from({ length: 10 }, (_, i) =>
    whole.subarray((i * whole.length) / 10, ((i + 1) * whole.length) / 10),
  )
  const timer = setInterval(() => {
    const piece = pieces.shift()
    if (piece !== undefined) response.write(piece)
    else {
      clearInterval(timer)
      response.end()
    }
  }, 3)
  return true
}

test.each<[string, Misbehaviour[], RegExp[]]>([
  ['errors of the server', [status(500), status(503)], [/txt$/, /txt$/, /txt$/]],
  ['too many requests', [status(429, { 'retry-after': '0' })], [/txt$/, /txt$/]],
  ['cut connections, more often than it tries', Array.from({ length: 7 }, () => cutAfter(9000)), [/txt$/]],
  ['an early end', [endsEarly], [/txt$/, /bytes=5000-$/]],
  ['the whole file where the rest was asked for', [endsEarly, wholeAgain], [/txt$/, /bytes=5000-$/]],
  [
    'another range than was asked for',
    [endsEarly, status(206, { 'content-range': `bytes 7-8/${content.length}` })],
    [/txt$/, /bytes=5000-$/, /bytes=5000-$/],
  ],
  ['slow bytes', [slow], [/txt$/]],
])('what a download survives: %s', async (_what, misbehave, requests) => {
  hub.misbehave = misbehave
  expect(await texts()).toEqual(train)
  for (const [i, request] of requests.entries()) expect(downloads()[i]).toMatch(request)
  expect(hub.misbehave).toEqual([])
  expect(await readdir(dirname(target))).toEqual(['TinyStories-train.txt'])
})

test('a server that stays ill ends in one error after the tries, and what came is kept for the next time', async () => {
  hub.misbehave = [endsEarly, ...Array.from({ length: 5 }, () => status(500))]
  await expect(texts()).rejects.toThrow(
    /hub cannot be reached \(the server answered 500\).*goes on where it stopped/,
  )
  expect(await readdir(dirname(target))).toEqual(['TinyStories-train.txt.part'])
  expect(await texts()).toEqual(train)
  expect(downloads().at(-1)).toMatch(/bytes=5000-$/)
})

test('what an interrupted run left is continued; when it is wrong, the file is fetched anew', async () => {
  await mkdir(dirname(target), { recursive: true })
  await writeFile(`${target}.part`, content.subarray(0, 40_000))
  expect(await texts()).toEqual(train)
  expect(downloads()).toEqual(['TinyStories-train.txt bytes=40000-'])

  await rm(target)
  hub.asked = []
  await writeFile(`${target}.part`, 'x'.repeat(500))
  expect(await texts()).toEqual(train)
  expect(downloads()).toEqual(['TinyStories-train.txt bytes=500-', 'TinyStories-train.txt'])
})

test('content that is not what the hub lists never gets the name of the file', async () => {
  const changed = Buffer.from(content)
  changed[1000] = 0x7a
  hub.misbehave = [(_request, response) => !!response.writeHead(200).end(changed)]
  await expect(texts()).rejects.toThrow(
    /TinyStories: what came is not the file that the hub lists: its checksum differs/,
  )
  hub.misbehave = [(_request, response) => !!response.writeHead(200, { 'content-length': 3 }).end('No.')]
  await expect(texts()).rejects.toThrow(/the server has 3 bytes where the hub lists \d+/)
  // Small files are kept by git, with a digest of its own kind.
  const small = Buffer.from(original['TinyStories-valid.txt'])
  small[10] = 0x7a
  hub.misbehave = [(_request, response) => !!response.writeHead(200).end(small)]
  await expect(texts('', { split: 'validation' })).rejects.toThrow(/checksum differs/)
  expect((await readdir(dirname(target))).filter(name => !name.endsWith('.part'))).toEqual([])
})

test('an abort ends a download at once and keeps what came', async () => {
  hub.misbehave = [
    (_request, response, whole) => {
      response.writeHead(200, { 'content-length': whole.length }).write(whole.subarray(0, 9000))
      return true
    },
  ]
  const controller = new AbortController()
  const cursor = open('', {
    onDownload: ({ bytes }) => bytes >= 9000 && controller.abort(new Error('enough')),
  }).iterate({
    signal: controller.signal,
  })
  await expect(cursor.next()).rejects.toThrow('enough')
  expect((await readFile(`${target}.part`)).length).toBe(9000)
})

test('progress tells file, bytes and total; the token goes along', async () => {
  const seen: object[] = []
  await texts('', { token: 'secret', onDownload: progress => seen.push(progress) })
  expect(seen.at(-1)).toEqual({
    file: 'TinyStories-train.txt',
    bytes: content.length,
    bytesTotal: content.length,
  })
  expect(hub.authorization).toBe('Bearer secret')
})

test.each<[string, number, Record<string, string>, RegExp]>([
  [
    'a gated data set',
    403,
    { 'x-error-code': 'GatedRepo' },
    /gated \(403\)\. Accept its terms.*option token/,
  ],
  [
    'a missing data set',
    401,
    { 'x-error-code': 'RepoNotFound' },
    /no such data set, or it is private \(401\)\. Check the name/,
  ],
  ['a plain 404', 404, {}, /no such data set or file \(404\)/],
  ['a refusal', 400, {}, /the hub answered 400/],
])('%s is told as such', async (_what, code, headers, message) => {
  hub.refuse = response => response.writeHead(code, headers).end()
  await expect(texts()).rejects.toThrow(message)
  expect(hub.asked).toHaveLength(1)
})

test('a login page instead of an answer is told as such', async () => {
  hub.refuse = response => response.end('<html>')
  await expect(texts()).rejects.toThrow(/something else than JSON\. Check the option endpoint/)
  hub.refuse = response => response.end('{"sha": "../../.."}')
  await expect(texts()).rejects.toThrow(/named no commit/)
})

test('a missing file or revision, and a choice that is not clear, name what there is', async () => {
  await expect(texts('/nothing.txt')).rejects.toThrow(
    /no such file\. There are: TinyStories-valid\.txt, TinyStories-train\.txt, data\/some stories\.jsonl\.gz$/,
  )
  await expect(texts('@v9')).rejects.toThrow(/no such revision/)
  // A commit's list is kept, so another list needs another cache.
  await rm(cacheDir, { recursive: true })
  hub.files = new Map([...hub.files].filter(([path]) => path !== 'TinyStories-train.txt'))
  hub.files.set('a-train.txt', content).set('b-train.txt', content)
  await expect(texts()).rejects.toThrow(
    /not clear which file holds the train stories\. Name a file.*a-train\.txt/,
  )
  await rm(cacheDir, { recursive: true })
  hub.files = new Map([['only.arrow', content]])
  await expect(texts()).rejects.toThrow(/none of its files is of a format that is read.*only\.arrow/)
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
  hub.files = new Map([
    [name(2, 'c0'), part(2)],
    [name(0, 'a1'), part(0)],
    ['data/validation-00000-of-00001-d3.parquet', part(1).subarray(0)],
    [name(1, 'b2'), part(1)],
    ['dataset_infos.json', Buffer.from('{}')],
  ])
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
  hub.files.delete(name(1, 'b2'))
  await expect(texts()).rejects.toThrow(/not clear which file holds the train stories.*train-00002/)
})

test('an archive on the hub is read with what is known of its stories', async () => {
  const record = { story: 'One.', instruction: { 'prompt:': 'Write.', words: ['a'] }, source: 'GPT-4' }
  const archive = tarOf({ 'data00.json': JSON.stringify([record]) })
  hub.files = new Map([
    ['TinyStories-train.txt', content],
    ['TinyStories_all_data.tar.gz', gzipSync(archive)],
  ])
  expect(await open('/TinyStories_all_data.tar.gz').toArray()).toEqual([
    { text: 'One.', prompt: 'Write.', words: ['a'], source: 'GPT-4' },
  ])
})

test('an address that is none, and a missing cache folder, are refused when the stream is made', () => {
  expect(() => openStories('hf://TinyStories', { cacheDir })).toThrow(
    /not the address of a data set.*hf:\/\/owner\/name/,
  )
  for (const address of ['hf://a/b/../c', 'hf://a/b@', 'hf://a/b@%zz', 'hf://a b/c'])
    expect(() => openStories(address, { cacheDir })).toThrow(/not the address of a data set/)
  expect(() => openStories('hf://a/b')).toThrow(
    /no folder to download to\. Name one with the option cacheDir/,
  )
})
