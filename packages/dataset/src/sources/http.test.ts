import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { Random } from '@tinystories/utils/random'
import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { beforeEach, expect, test } from 'vitest'
import { defaultSeparator } from '../formats/records/text.ts'
import { asJsonLines, asText, exampleStories } from '../testing/example-stories.ts'
import {
  cutAfter,
  endsEarly,
  etagOf,
  type FileMisbehavior,
  rightAnswer,
  slowly,
  stallAfter,
  startFileServer,
  status,
  wholeAgain,
  withHeaders,
} from '../testing/file-server.ts'
import { packBzip2, packLz4, packXz } from '../testing/packers.ts'
import { readMemory } from '../testing/read-memory.ts'
import { tarOf } from '../testing/tar-of.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import type { OpenStoriesOptions } from './driver.ts'
import { openStories } from './open-stories.ts'

const folder = await temporaryFolder()
// Several times what is read first, 64 KiB, and what is read in one piece.
const stories = exampleStories(3000)
const content = Buffer.from(asText(stories))
const original = {
  'train.txt': content,
  'a b/stories.jsonl': Buffer.from(asJsonLines(stories)),
  'small.txt': Buffer.from(asText(stories.slice(0, 9))),
  'train.txt.gz': gzipSync(content),
  'empty.txt': Buffer.alloc(0),
}
const server = await startFileServer(original)

const open = (path = 'train.txt', options: OpenStoriesOptions = {}) =>
  openStories(server.url(path), { retryDelay: 1, ...options })
const texts = async (...from: Parameters<typeof open>): Promise<string[]> =>
  (await open(...from).toArray()).map(story => story.text)

beforeEach(() => {
  server.files = new Map(Object.entries(original))
  server.asked = []
  server.misbehave = []
  server.ranges = true
  server.versions = true
})

test('a file on a server is read as one on disk, small ones with a single request', async () => {
  expect(await texts()).toEqual(stories)
  expect(server.asked).toEqual(['0-65535', `0-${content.length - 1}`])
  server.asked = []
  expect(await texts('small.txt?signature=abc#part')).toEqual(stories.slice(0, 9))
  expect(server.asked).toEqual(['0-65535'])
  expect(await texts('a%20b/stories.jsonl')).toEqual(stories)
  expect(await texts('train.txt.gz')).toEqual(stories)
})

test('a server without ranges or versions serves as well', async () => {
  server.ranges = false
  server.versions = false
  expect(await texts()).toEqual(stories)
  expect(await texts('train.txt.gz')).toEqual(stories)
  server.ranges = true
  expect(await texts()).toEqual(stories)
})

const misbehaviors: Record<string, FileMisbehavior> = {
  'a reset': cutAfter(20_000),
  'a immediate reset': cutAfter(0),
  'an early end': endsEarly(30_000),
  'slow bytes': slowly,
  'a 500': status(500),
  'a 503': status(503),
  'a 429 with a time': status(429, { 'retry-after': '0' }),
  'the whole file again': wholeAgain,
  'another range': (request, response, whole) => {
    const { headers, body } = rightAnswer({ ranges: true, versions: true }, request, whole)
    response
      .writeHead(206, { ...headers, 'content-range': `bytes 7-${6 + body.length}/${whole.length}` })
      .end(body)
    return true
  },
  'a length that is too short': withHeaders({ 'content-length': '10' }),
  'a length that is too long': withHeaders({ 'content-length': '99999999' }),
  'another total length': (request, response, whole) => {
    const { headers, body, status: code } = rightAnswer({ ranges: true, versions: true }, request, whole)
    response.writeHead(code, {
      ...headers,
      'content-range': String(headers['content-range']).replace(/\d+$/, String(whole.length + 5)),
    })
    response.end(body)
    return true
  },
}
const right: FileMisbehavior = () => false

test.each(Object.entries(misbehaviors))('nothing is lost or doubled after %s', async (_what, misbehavior) => {
  // The first request is for the head of the file.
  server.misbehave = [right, misbehavior, cutAfter(50_000), misbehavior]
  expect(await texts()).toEqual(stories)
  expect(server.misbehave.length).toBeLessThan(3)
})

const faults: Record<string, FileMisbehavior> = {
  ...misbehaviors,
  'a 408': status(408),
  'a stall': stallAfter(20_000),
  'no length': (request, response, whole) => {
    const { status: code, headers, body } = rightAnswer({ ranges: true, versions: true }, request, whole)
    const { 'content-length': _, ...others } = headers
    response.writeHead(code, { ...others, 'transfer-encoding': 'chunked' }).end(body)
    return true
  },
  'compression on the way': (_request, response, whole) => {
    response.writeHead(200, { 'content-encoding': 'gzip', etag: etagOf(whole) }).end(gzipSync(whole))
    return true
  },
}
const someStories = stories.slice(0, 700)
const formats: Record<string, Buffer> = {
  'a.txt': Buffer.from(asText(someStories)),
  'a.jsonl': Buffer.from(asJsonLines(someStories)),
  'a.json': Buffer.from(JSON.stringify(someStories)),
  'a.csv': Buffer.from(`text\n${someStories.map(text => `"${text.replaceAll('"', '""')}"\n`).join('')}`),
  'a.parquet': Buffer.from(
    parquetWriteBuffer({
      columnData: [{ name: 'text', data: someStories, type: 'STRING' }],
      codec: 'UNCOMPRESSED',
      rowGroupSize: 300,
    }),
  ),
  'a.tar.xz': packXz(
    tarOf({ 'a.txt': asText(someStories.slice(0, 300)), 'b.jsonl': asJsonLines(someStories.slice(300)) }),
  ),
}

test('sixteen faults in each of six formats: nothing is lost or doubled', async () => {
  let cases = 0
  for (const [path, file] of Object.entries(formats)) {
    // More than what is read first, so that there is something to lose.
    expect(file.length).toBeGreaterThan(3 * 64 * 1024)
    server.files.set(path, file)
    for (const [what, fault] of Object.entries(faults)) {
      server.misbehave = [right, fault]
      expect([path, what, await texts(path, { timeout: 300 })]).toEqual([path, what, someStories])
      expect(server.misbehave).toEqual([])
      cases++
    }
  }
  expect(cases).toBe(16 * 6)
})

test('nothing is lost or doubled whatever the server does in turns', async () => {
  let cases = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(right, ...Object.values(misbehaviors)), { minLength: 1, maxLength: 10 }),
      fc.boolean(),
      async (turns, packed) => {
        server.misbehave = [right, ...turns]
        // Ten in a row may be refusals, so it has as many tries.
        expect(await texts(packed ? 'train.txt.gz' : 'train.txt', { retries: 12 })).toEqual(stories)
        cases++
      },
    ),
    { numRuns: 20 },
  )
  expect(cases).toBe(20)
})

test('a connection that stalls is given up and taken up again behind the last byte', async () => {
  server.misbehave = [right, stallAfter(20_000), stallAfter(0)]
  expect(await texts('train.txt', { timeout: 200 })).toEqual(stories)
  const starts = server.asked.slice(1).map(range => Number(range.split('-')[0]))
  expect(starts[0]).toBe(0)
  expect(starts.length).toBeGreaterThanOrEqual(3)
  expect(starts.at(-1)).toBe(20_000)
})

test('a server that stays broken ends in one error with the place; the state continues from there', async () => {
  server.misbehave = [right, cutAfter(200_000), ...Array.from({ length: 5 }, () => status(502))]
  const cursor = open().iterate()
  const read: string[] = []
  const failure = await (async () => {
    for await (const { text } of cursor) read.push(text)
  })().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'unreachable', cause: { details: { status: 502 } } })
  expect(String(failure)).toMatch(
    /train\.txt, byte \d+: the server does not deliver it\. The server answered 502\. Check.*resume/,
  )
  for await (const { text } of open().iterate({ from: cursor.state() })) read.push(text)
  expect(read).toEqual(stories)
})

test('the wait that a server asks for is kept', async () => {
  const later = (seconds: number): FileMisbehavior => status(429, { 'retry-after': String(seconds) })
  server.misbehave = [later(7)]
  const waits: number[] = []
  const sleep = async (milliseconds: number): Promise<void> => void waits.push(milliseconds)
  expect(await texts('small.txt', { sleep })).toHaveLength(9)
  expect(waits).toEqual([7000])
})

const changed = Buffer.from(asText(stories.map(story => story.replace('crow', 'Crow'))))
const shorter = content.subarray(0, 100_000)

test.each([
  ['of the same length', changed, true],
  ['that is shorter', shorter, true],
  ['that is shorter, from a server without versions', shorter, false],
])('a file that is replaced while it is read, by one %s, is an error', async (_what, other, versions) => {
  server.versions = versions
  const replaced: FileMisbehavior = (...all) => {
    server.files.set('train.txt', other)
    return cutAfter(150_000)(...all)
  }
  server.misbehave = [right, replaced]
  await expect(texts()).rejects.toMatchObject({
    code: 'source-changed',
    details: { place: { unit: 'byte' } },
  })
})

test('a state is refused when the file was changed since, and serves with a copy on disk', async () => {
  const cursor = open().shuffle({ seed: 1, bufferSize: 50 }).iterate()
  for (let i = 0; i < 100; i++) await cursor.next()
  const from = cursor.state()
  const rest: string[] = []
  for await (const { text } of cursor) rest.push(text)
  const copy = openStories(await folder.write('copy.txt', content)).shuffle({ seed: 1, bufferSize: 50 })
  const resumed: string[] = []
  for await (const { text } of copy.iterate({ from })) resumed.push(text)
  expect(resumed).toEqual(rest)
  server.files.set('train.txt', changed)
  const again = open().shuffle({ seed: 1, bufferSize: 50 }).iterate({ from })
  const failure = await again.next().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'source-mismatch', details: { property: 'version' } })
})

test('a resumed stream asks for what it needs and no more', async () => {
  const cursor = open().iterate()
  for (let i = 0; i < 2500; i++) await cursor.next()
  const from = cursor.state()
  await cursor.return()
  server.asked = []
  await using resumed = open().iterate({ from })
  expect((await resumed.next()).value?.text).toBe(stories[2500])
  const { offset } = from.position as { offset: number }
  expect(server.asked).toEqual(['0-65535', `${offset}-${content.length - 1}`])
})

test('a resumed shuffle buffer is fetched in few requests', async () => {
  const stream = open().shuffle({ seed: 3, bufferSize: 300 })
  const cursor = stream.iterate()
  for (let i = 0; i < 2000; i++) await cursor.next()
  const from = cursor.state()
  const expected = await cursor.next()
  await cursor.return()
  server.asked = []
  await using resumed = stream.iterate({ from })
  expect(await resumed.next()).toEqual(expected)
  expect(server.asked.length).toBeLessThanOrEqual(3)
})

test('what a server compresses on the way is decompressed, and read from the beginning after a cut', async () => {
  const packing =
    (bytes: number): FileMisbehavior =>
    (_request, response, whole) => {
      const sent = gzipSync(whole)
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': sent.length, etag: '"g"' })
      if (bytes >= sent.length) response.end(sent)
      else response.write(sent.subarray(0, bytes), () => setTimeout(() => response.destroy(), 5))
      return true
    }
  const all = Number.POSITIVE_INFINITY
  server.misbehave = [packing(all), packing(20_000), packing(all)]
  expect(await texts()).toEqual(stories)
  expect(server.misbehave).toEqual([])
})

test('parts whose position is not given are not used', async () => {
  const hidden: FileMisbehavior = (request, response, whole) => {
    const { status: code, headers, body } = rightAnswer({ ranges: true, versions: true }, request, whole)
    const { 'content-range': _, ...others } = headers
    response.writeHead(code, others).end(body)
    return true
  }
  server.misbehave = Array.from({ length: 4 }, () => hidden)
  expect(await texts()).toEqual(stories)
  expect(server.asked).toEqual(['0-65535', 'whole', 'whole'])
})

test.each<[string, string, () => void, object]>([
  ['a missing file', 'none.txt', () => {}, { code: 'not-found', details: { status: 404 } }],
  ['an empty file', 'empty.txt', () => {}, { code: 'no-stories', details: { empty: true } }],
  [
    'a refusal',
    'train.txt',
    () => server.misbehave.push(status(403)),
    { code: 'access-denied', details: { status: 403 } },
  ],
  [
    'a teapot',
    'train.txt',
    () => server.misbehave.push(status(418)),
    { code: 'request-refused', details: { status: 418 } },
  ],
  [
    'a login page',
    'train.txt',
    () => server.files.set('train.txt', Buffer.from('\n<!DOCTYPE html><html><form>Log in</form></html>')),
    { code: 'web-page' },
  ],
])('%s is reported as such, without a second attempt', async (_what, path, prepare, expected) => {
  prepare()
  await expect(texts(path)).rejects.toMatchObject(expected)
  expect(server.asked).toHaveLength(1)
})

test('a small file of unknown length is read: chunked, or compressed on the way', async () => {
  const whole = original['small.txt']
  const chunked: FileMisbehavior = (_request, response) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(whole)
    return true
  }
  const compressed: FileMisbehavior = (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(whole))
    return true
  }
  for (const misbehavior of [chunked, compressed]) {
    server.misbehave = [misbehavior]
    server.asked = []
    expect(await texts('small.txt')).toEqual(stories.slice(0, 9))
    expect(server.asked).toHaveLength(1)
  }
})

/** Text of exactly so many bytes that compresses badly: stories of a few hundred letters. */
function textOf(bytes: number, seed: number): string {
  const random = new Random(seed)
  const letters = Array.from({ length: bytes }, () => String.fromCharCode(97 + random.integer(26)))
  for (let at = 200 + random.integer(300); at < bytes - 14; at += 200 + random.integer(300))
    letters.splice(at, 13, ...defaultSeparator, '\n')
  return letters.slice(0, bytes).join('')
}

test('whatever the server says and gives, the bytes are the same: sizes around what is read first', async () => {
  const first = 64 * 1024
  const lengths = [1, 500, first - 1, first, first + 1, 2 * first - 1, 2 * first, 2 * first + 1]
  const compressions: Record<string, (text: string) => Buffer> = {
    plain: Buffer.from,
    gzip: text => gzipSync(text),
    zstd: text => zstdCompressSync(Buffer.from(text)),
    xz: text => packXz(Buffer.from(text)),
    lz4: text => packLz4(Buffer.from(text)),
    bzip2: text => packBzip2(Buffer.from(text)),
  }
  // Slow to make: of one block of about what is read first, a little less, and little.
  const bzip2 = [57_700, 58_700, 500].map(length => textOf(length, 1))
  const made = new Map<string, Buffer>()
  const chunked: FileMisbehavior = (request, response, whole) => {
    const { status: code, headers, body } = rightAnswer(server, request, whole)
    const { 'content-length': _, ...others } = headers
    response.writeHead(code, { ...others, 'transfer-encoding': 'chunked' }).end(body)
    return true
  }
  let cases = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...lengths),
      fc.integer({ min: 0, max: 40_000 }),
      fc.constantFrom(...Object.keys(compressions)),
      fc.boolean(),
      fc.boolean(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (length, more, compression, ranges, sized, share) => {
        // Half of the compressed files are made so long that their compressed size lies near what is read first.
        const longer = (compression === 'gzip' || compression === 'zstd') && more % 2 === 0
        const text =
          compression === 'bzip2'
            ? bzip2[more % 3]!
            : textOf(longer ? first + more + 40_000 : Math.max(1, length - (more % 120)), more)
        const key = compression === 'bzip2' ? text : ''
        const packed = made.get(key) ?? compressions[compression]!(text)
        if (key !== '') made.set(key, packed)
        server.files.set('any', packed)
        server.ranges = ranges
        server.misbehave = sized ? [] : Array.from({ length: 50 }, () => chunked)
        const expected = (await readMemory('a.txt', text).toArray()).map(story => story.text)
        expect(await texts('any')).toEqual(expected)
        const cursor = open('any').iterate()
        const stop = Math.floor(expected.length * share)
        for (let i = 0; i < stop; i++) await cursor.next()
        const from = cursor.state()
        await cursor.return()
        const rest: string[] = []
        for await (const story of open('any').iterate({ from })) rest.push(story.text)
        expect(rest).toEqual(expected.slice(stop))
        cases++
      },
    ),
    { numRuns: 60 },
  )
  expect(cases).toBe(60)
})

test('a redirect loop ends after ten redirects', async () => {
  const loop: FileMisbehavior = (_request, response) => {
    response.writeHead(302, { location: server.url('train.txt') }).end()
    return true
  }
  server.misbehave = Array.from({ length: 100 }, () => loop)
  await expect(texts()).rejects.toMatchObject({ code: 'too-many-redirects' })
  expect(server.asked).toHaveLength(11)
})

test('a server that is gone and a malformed address are reported as such', async () => {
  const gone = createServer()
  await new Promise<void>(resolve => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise(resolve => gone.close(resolve))
  await expect(openStories(`http://127.0.0.1:${port}/train.txt`).toArray()).rejects.toMatchObject({
    code: 'unreachable',
    cause: { code: 'no-connection', details: { errno: 'ECONNREFUSED', offline: true } },
  })
  await expect(openStories('http://').toArray()).rejects.toMatchObject({ code: 'invalid-address' })
})

test('what is secret goes to the server and nowhere else', async () => {
  const url = new URL(server.url('none.txt?signature=hidden'))
  url.username = 'me'
  url.password = 'hidden%20too'
  const failure = await openStories(url.href).toArray().catch(String)
  expect(failure).not.toMatch(/hidden|me@/)
  expect(server.headers.authorization).toBe(`Basic ${btoa('me:hidden too')}`)
  await texts('small.txt', { headers: { 'x-key': 'k' }, token: 'of the hub' })
  expect(server.headers).toMatchObject({ 'x-key': 'k', 'accept-encoding': 'identity' })
  expect(server.headers.authorization).toBeUndefined()
})

test('an abort and an early end close the connection', async () => {
  const closed: Promise<unknown>[] = []
  const stalled: FileMisbehavior = (request, response, whole) => {
    closed.push(once(response, 'close'))
    return stallAfter(200_000)(request, response, whole)
  }
  server.misbehave = [right, stalled]
  for await (const _ of open()) break
  server.misbehave = [right, stalled]
  const controller = new AbortController()
  const cursor = open().iterate({ signal: controller.signal })
  await cursor.next()
  controller.abort(new Error('enough'))
  await expect(cursor.next()).rejects.toThrow('enough')
  expect(closed).toHaveLength(2)
  await Promise.all(closed)
})
