import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HubFault, type HubServer, startHubServer } from '@tinystories/testing/hub'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sleep } from '../retry/index.ts'
import { type CachedHubOptions, openCachedRepository } from './cache/index.ts'
import { HubError, type HubErrorDetails, type HubOptions, openHubRepository } from './index.ts'

const weights = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251)
const sha256 = createHash('sha256').update(weights).digest('hex')

let hub: HubServer
let cacheDir: string
let waits: number[]
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'hub-'))
  waits = []
  hub = await startHubServer({
    'owner/name': {
      files: { 'config.json': '{"a":1}', 'model.safetensors': weights, 'sub/a b.txt': 'text' },
      revisions: ['refs/pr/1'],
    },
    'owner/gated': { files: { 'a.txt': 'a', 'large.bin': weights }, token: 'secret' },
    'owner/stories': { kind: 'dataset', files: { 'train.txt': 'Once.' } },
  })
})
afterEach(async () => {
  await hub.close()
  await rm(cacheDir, { recursive: true, force: true })
})

const counted = (): HubOptions => ({
  endpoint: hub.endpoint,
  random: () => 1,
  sleep: async delay => void waits.push(delay),
})
const open = (address: string, options: HubOptions & { kind?: 'dataset' } = {}) =>
  openHubRepository(address, { ...counted(), ...options })
const openCached = (address: string, options: Partial<CachedHubOptions> = {}) =>
  openCachedRepository(address, { ...counted(), cacheDir, ...options })

async function failure<Code extends keyof HubErrorDetails>(
  code: Code,
  promise: Promise<unknown>,
): Promise<HubErrorDetails[Code]> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!HubError.isInstance(error)) throw error ?? new Error('it did not fail')
  expect(error.code).toBe(code)
  return error.details as HubErrorDetails[Code]
}

const status =
  (code: number, headers: Record<string, string> = {}): HubFault =>
  (_, response) =>
    void response.writeHead(code, headers).end()
const json =
  (value: unknown): HubFault =>
  (_, response) =>
    void response.end(JSON.stringify(value))

describe('a repository', () => {
  test('is opened at one commit, lists its files over pages, and reads them with their checksums', async () => {
    const repository = await open('owner/name')
    expect(repository).toMatchObject({ kind: 'model', repository: 'owner/name', revision: 'main' })
    expect(repository.commit).toBe(hub.commit)
    expect(repository.files.map(({ path, size, digest }) => [path, size, digest.algorithm])).toEqual([
      ['config.json', 7, 'git-sha1'],
      ['model.safetensors', 100_000, 'sha256'],
      ['sub/a b.txt', 4, 'git-sha1'],
    ])
    const seen: number[] = []
    const read = await repository.read('model.safetensors', { onProgress: ({ bytes }) => seen.push(bytes) })
    expect(read).toEqual(weights)
    expect(seen.at(-1)).toBe(100_000)
    expect(new TextDecoder().decode(await repository.read('sub/a b.txt'))).toBe('text')
    const none = await failure('no-file', repository.read('none.txt'))
    expect(none.available).toContain('config.json')
    expect(await failure('too-large', repository.read('config.json', { maxBytes: 6 }))).toMatchObject({
      bytes: 7,
      limit: 6,
    })
  })

  test('can be a data set, and be at another revision', async () => {
    expect((await open('owner/stories', { kind: 'dataset' })).files[0]!.path).toBe('train.txt')
    expect((await open('owner/name@refs/pr/1/config.json')).path).toBe('config.json')
    expect((await open('owner/name', { revision: 'refs/pr/1' })).revision).toBe('refs/pr/1')
    expect((await open(`owner/name@${hub.commit}`)).commit).toBe(hub.commit)
    expect(await failure('no-revision', open('owner/name@v9'))).toMatchObject({ revision: 'v9' })
    await failure('no-repository', open('owner/none'))
    await failure('invalid-address', open('a/b/../c'))
    await failure('invalid-revision', open('owner/name', { revision: '../x' }))
  })

  test('that is gated needs its token, and says whether one was given', async () => {
    expect(await failure('gated', open('owner/gated'))).toMatchObject({ hasToken: false })
    expect(await failure('gated', open('owner/gated', { token: 'wrong' }))).toMatchObject({ hasToken: true })
    expect((await open('owner/gated', { token: 'secret' })).files).toHaveLength(2)
  })
})

describe('the token', () => {
  test('goes to the hub and not to where large files lie', async () => {
    const repository = await open('owner/gated', { token: 'secret' })
    await repository.read('large.bin')
    const elsewhere = hub.requests.filter(request => request.elsewhere)
    expect(elsewhere.map(request => request.authorization)).toEqual([undefined])
    const own = hub.requests.filter(request => !request.elsewhere)
    expect(new Set(own.map(request => request.authorization))).toEqual(new Set(['Bearer secret']))
  })

  test('follows neither a link nor a redirect to another origin', async () => {
    const heard: (string | undefined)[] = []
    const stranger = createServer((request, response) => {
      heard.push(request.headers.authorization)
      response.end('[]')
    })
    await new Promise<void>(resolve => stranger.listen(0, '127.0.0.1', resolve))
    const other = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
    hub.fault(
      '/tree/',
      (_, response) => void response.writeHead(200, { link: `<${other}/next>; rel="next"` }).end('[]'),
    )
    await failure('invalid-reply', open('owner/gated', { token: 'secret' }))
    const host = new URL(other).host
    for (const link of [
      `</a>; rel=prev, <${other}/next>; title="a, b"; REL=NEXT`,
      `<//${host}/next>; rel="prev next"`,
      `</\\${host}/next>;rel=next`,
      `<${hub.endpoint.replace('//', '//user@')}/next>; rel="next"`,
    ]) {
      hub.fault('/tree/', (_, response) => void response.writeHead(200, { link }).end('[]'))
      await failure('invalid-reply', open('owner/gated', { token: 'secret' }))
    }
    expect(heard).toEqual([])
    hub.fault('/tree/', status(302, { location: other.replace('//', '//user:password@') }))
    await failure('invalid-reply', open('owner/gated', { token: 'secret' }))
    expect(heard).toEqual([])
    hub.fault('/tree/', status(307, { location: `${other}/tree` }))
    expect((await open('owner/gated', { token: 'secret' })).files).toEqual([])
    expect(heard).toEqual([undefined])
    stranger.close()
  })

  test('is in no file of the cache', async () => {
    const repository = await openCached('owner/gated', {
      token: 'secret-token',
      endpoint: hub.endpoint,
    }).catch(() => undefined)
    expect(repository).toBeUndefined()
    const opened = await openCached('owner/gated', { token: 'secret' })
    await opened.download('a.txt')
    for (const entry of await readdir(cacheDir, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        expect(await readFile(join(entry.parentPath, entry.name), 'utf8')).not.toContain('secret')
    }
  })
})

describe('a reply that is not the hub’s', () => {
  test.each([
    ['an object where a list should be', '/tree/', json({})],
    ['entries without a size', '/tree/', json([{ type: 'file', path: 'a' }])],
    ['no commit', '/revision/', json({ sha: '../../x' })],
    ['a page of a login', '/revision/', ((_, response) => void response.end('<html>')) as HubFault],
    [
      'JSON that is too deep',
      '/tree/',
      ((_, response) => void response.end('['.repeat(100_000))) as HubFault,
    ],
    [
      'endless redirects',
      '/revision/',
      ((request, response) => void response.writeHead(302, { location: request.url! }).end()) as HubFault,
    ],
    [
      'a list that comes back to its page',
      '/tree/',
      ((request, response) => {
        response.setHeader('link', `<${request.url}>; rel="next"`)
        response.end('[]')
      }) as HubFault,
    ],
  ])('is refused: %s', async (_, path, fault) => {
    hub.fault(path, ...Array.from({ length: 20 }, () => fault))
    await failure('invalid-reply', open('owner/name'))
    expect(waits).toEqual([])
  })

  test('whose redirect repeats the token is refused without it', async () => {
    const echo: HubFault = ({ headers }, response) =>
      void response.writeHead(302, { location: `ftp://host/${headers.authorization}` }).end()
    hub.fault('/tree/', echo)
    const error = await open('owner/name', { token: 'hf_secret-of-the-user' }).catch(
      (reason: unknown) => reason,
    )
    const shown: unknown[] = []
    for (let each = error; each instanceof Error; each = each.cause)
      shown.push(each.message, each.stack, 'details' in each ? each.details : '')
    expect(JSON.stringify(shown)).toContain('ftp://host/')
    expect(JSON.stringify(shown)).not.toContain('secret-of-the-user')
  })

  test('whose paths lead out of the repository leaves them out', async () => {
    const entry = { type: 'file', size: 1, oid: 'a'.repeat(40) }
    const paths = ['../up', '/root', 'a/../../b', 'a\\b', 'C:/x', 'fine']
    hub.fault('/tree/', json(paths.map(path => ({ ...entry, path }))))
    expect((await open('owner/name')).files.map(file => file.path)).toEqual(['fine'])
  })
})

describe('a hub that fails', () => {
  test('is asked again by the one rule: Retry-After 0 means at once, but only once', async () => {
    const busy = status(429, { 'retry-after': '0' })
    hub.fault('/revision/', busy, busy, busy)
    expect((await open('owner/name', { retryDelay: 700 })).commit).toBe(hub.commit)
    expect(waits).toEqual([0, 700, 1400])
  })

  test('ends with what it answered when the attempts are used up', async () => {
    hub.fault('/revision/', ...Array.from({ length: 3 }, () => status(503)))
    expect(await failure('unreachable', open('owner/name', { retries: 2 }))).toMatchObject({
      status: 503,
      endpoint: hub.endpoint,
    })
    expect(waits).toEqual([500, 1000])
    hub.fault('/revision/', status(418))
    expect(await failure('refused', open('owner/name'))).toMatchObject({ status: 418 })
    const { endpoint } = hub
    await hub.close()
    expect(await failure('unreachable', open('owner/name', { endpoint, retries: 1 }))).toMatchObject({
      status: undefined,
    })
  })

  test('is left at once by an abort, in a wait and in a request', async () => {
    const reason = new Error('stopped')
    const inWait = new AbortController()
    hub.fault('/revision/', status(503))
    const waiting = openHubRepository('owner/name', {
      endpoint: hub.endpoint,
      retryDelay: 2 ** 30,
      maxRetryDelay: 2 ** 30,
      signal: inWait.signal,
      sleep: (delay, signal) => {
        setImmediate(() => inWait.abort(reason))
        return sleep(delay, signal)
      },
    })
    await expect(waiting).rejects.toBe(reason)
    const inRequest = new AbortController()
    hub.fault('/revision/', () => inRequest.abort(reason))
    await expect(open('owner/name', { signal: inRequest.signal })).rejects.toBe(reason)
  })

  test('that says nothing is given up after the timeout', async () => {
    hub.fault('/revision/', () => {})
    expect((await open('owner/name', { timeout: 1000 })).commit).toBe(hub.commit)
    expect(waits).toEqual([500])
  })

  test('never passes wrong bytes on', async () => {
    const wrong = Buffer.from(weights)
    wrong[5]! ^= 1
    const repository = await open('owner/name')
    hub.fault('model.safetensors', (_, response) => void response.end(wrong))
    const details = await failure('checksum', repository.read('model.safetensors'))
    expect(details).toMatchObject({ expected: sha256, source: 'hub', path: 'model.safetensors' })
    const cut: HubFault = (_, response) => {
      response.setHeader('content-length', weights.length)
      response.write(weights.subarray(0, 500), () => response.destroy())
    }
    hub.fault('model.safetensors', cut)
    expect(await repository.read('model.safetensors')).toEqual(weights)
    const pinned = await open('owner/name', { sha256: { 'config.json': '0'.repeat(64) } })
    expect(await failure('checksum', pinned.read('config.json'))).toMatchObject({ source: 'option' })
  })
})

describe('the cache', () => {
  const part = () => join(cacheDir, 'models', 'owner--name', hub.commit, 'model.safetensors.part')

  test('is asked first, and alone when offline', async () => {
    const repository = await openCached('owner/name')
    const path = await repository.download('model.safetensors')
    expect(path).toBe(join(repository.folder, 'model.safetensors'))
    expect(new Uint8Array(await readFile(path))).toEqual(weights)
    expect(await readdir(repository.folder)).toEqual(['model.safetensors'])
    const before = hub.requests.length
    const again = await openCached('owner/name', { offline: true })
    expect(await again.read('model.safetensors')).toEqual(weights)
    expect(hub.requests.length).toBe(before)
    expect(await failure('not-cached', again.download('config.json'))).toMatchObject({
      path: 'config.json',
      cacheDir,
    })
    await failure('not-cached', openCached('owner/name@refs/pr/1', { offline: true }))
    await failure('no-file', again.download('none'))
  })

  test('asks again for a moved branch when asked to, and keeps what it has when there is no answer', async () => {
    await (await openCached('owner/name')).download('config.json')
    hub.commit = 'd'.repeat(40)
    expect((await openCached('owner/name')).commit).toBe('c'.repeat(40))
    expect((await openCached('owner/name', { refresh: true })).commit).toBe('d'.repeat(40))
    hub.fault('/revision/', ...Array.from({ length: 5 }, () => status(503)))
    expect((await openCached('owner/name', { refresh: true })).commit).toBe('d'.repeat(40))
    hub.fault('/revision/', status(404, { 'x-error-code': 'RevisionNotFound' }))
    await failure('no-revision', openCached('owner/name', { refresh: true }))
  })

  test('continues a download that was cut off', async () => {
    const cut: HubFault = (_, response) => {
      response.setHeader('content-length', weights.length)
      response.write(weights.subarray(0, 40_000), () => response.destroy())
    }
    const repository = await openCached('owner/name')
    hub.fault('model.safetensors', cut)
    await repository.download('model.safetensors')
    const ranges = hub.requests.filter(request => request.elsewhere).map(request => request.range)
    expect(ranges[0]).toBeUndefined()
    expect(Number(/^bytes=(\d+)-$/.exec(ranges[1]!)![1])).toBeGreaterThan(0)
    expect(waits).toEqual([])
  })

  test('continues what an earlier process left, and begins again when that is wrong', async () => {
    const repository = await openCached('owner/name')
    await repository.download('config.json')
    await writeFile(part(), weights.subarray(0, 60_000))
    await repository.download('model.safetensors')
    expect(hub.requests.at(-1)!.range).toBe('bytes=60000-')
    await rm(join(repository.folder, 'model.safetensors'))
    await writeFile(part(), new Uint8Array(60_000))
    const path = await repository.download('model.safetensors')
    expect(new Uint8Array(await readFile(path))).toEqual(weights)
    expect(hub.requests.slice(-1)[0]!.range).toBeUndefined()
    await rm(path)
    await writeFile(part(), new Uint8Array(200_000))
    await repository.download('model.safetensors')
    expect((await stat(path)).size).toBe(100_000)
  })

  test('takes a file again whose size is wrong, and refuses one whose own checksum is', async () => {
    const repository = await openCached('owner/name')
    const path = await repository.download('model.safetensors')
    await truncate(path, 10)
    await repository.download('model.safetensors')
    expect((await stat(path)).size).toBe(100_000)
    const pinned = await openCached('owner/name', { sha256: { 'model.safetensors': '0'.repeat(64) } })
    expect(await failure('checksum', pinned.download('model.safetensors'))).toMatchObject({
      source: 'option',
      received: sha256,
    })
    const right = await openCached('owner/name', { sha256: { 'model.safetensors': sha256.toUpperCase() } })
    expect(await right.download('model.safetensors')).toBe(path)
  })

  test('survives damaged records, and leaves nothing under a name when a file never comes whole', async () => {
    const repository = await openCached('owner/name')
    for (const name of ['commits', 'revisions'])
      for (const file of await readdir(join(cacheDir, 'models', 'owner--name', name)))
        await writeFile(join(cacheDir, 'models', 'owner--name', name, file), '[{"path":"../x"}]')
    expect((await openCached('owner/name')).files).toEqual(repository.files)
    const wrong: HubFault = (_, response) => void response.end(new Uint8Array(weights.length))
    hub.fault('model.safetensors', wrong)
    await failure('checksum', repository.download('model.safetensors'))
    expect(await readdir(repository.folder)).toEqual(['model.safetensors.part'])
  })

  test('downloads once for all who ask at the same time', async () => {
    const repository = await openCached('owner/name')
    const before = hub.requests.length
    const paths = await Promise.all(
      Array.from({ length: 5 }, async () =>
        (
          await openCached('owner/name', { sleep: () => new Promise(resolve => setImmediate(resolve)) })
        ).download('model.safetensors'),
      ),
    )
    expect(new Set(paths).size).toBe(1)
    // One redirect and one file.
    expect(hub.requests.length - before).toBe(2)
    expect(new Uint8Array(await readFile(paths[0]!))).toEqual(weights)
    expect(await readdir(repository.folder)).toEqual(['model.safetensors'])
  })
})
