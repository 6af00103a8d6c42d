import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ModelFileError } from '../errors.ts'
import { tinyArrays, tinyConfig } from '../testing/tiny.ts'
import { type HubOptions, hubFolder } from './hub.ts'
import { loadPretrainedArrays } from './load.ts'
import { encodeSafetensors } from './safetensors.ts'
import { openSafetensors } from './safetensors-file.ts'
import { saveSafetensors } from './save.ts'

/** What the server does with a file instead of sending it as it is. */
type Trouble = (response: ServerResponse, content: Buffer) => void

let root: string
let cacheDir: string
let server: Server
let other: Server
let endpoint: string
let count = 0
/** `owner/name/revision/file` -> content. */
const files = new Map<string, Buffer>()
const troubles = new Map<string, Trouble[]>()
let requests: { path: string; authorization: string | undefined; elsewhere?: boolean }[] = []
const config = tinyConfig()
const parameters = tinyArrays(config)

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const listen = (server: Server): Promise<string> =>
  new Promise(resolve =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  )

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hub-'))
  await saveSafetensors(join(root, 'model'), { config, parameters }, { endOfTextId: 3 })
  const configFile = await readFile(join(root, 'model', 'config.json'))
  const weights = await readFile(join(root, 'model', 'model.safetensors'))
  for (const revision of ['main', 'refs/pr/1']) {
    files.set(`owner/name/${revision}/config.json`, configFile)
    files.set(`owner/name/${revision}/model.safetensors`, weights)
  }
  const opened = await openSafetensors(join(root, 'model', 'model.safetensors'))
  const tensors = [...opened.tensors].map(([name, { shape }]) => ({ name, shape }))
  const shard = async (part: typeof tensors): Promise<Buffer> =>
    Buffer.concat(
      encodeSafetensors(
        await Promise.all(part.map(async tensor => ({ ...tensor, data: await opened.read(tensor.name) }))),
      ),
    )
  const half = tensors.length >> 1
  files.set('owner/sharded/main/config.json', configFile)
  files.set('owner/sharded/main/a.safetensors', await shard(tensors.slice(0, half)))
  files.set('owner/sharded/main/b.safetensors', await shard(tensors.slice(half)))
  const map = Object.fromEntries(tensors.map(({ name }, i) => [name, `${i < half ? 'a' : 'b'}.safetensors`]))
  files.set(
    'owner/sharded/main/model.safetensors.index.json',
    Buffer.from(JSON.stringify({ weight_map: map })),
  )
  await opened.close()
  files.set('owner/pickled/main/config.json', configFile)
  files.set('owner/torn/main/config.json', configFile)
  files.set('owner/torn/main/model.safetensors.index.json', Buffer.from('{"weight_map":{"x":"../up"}}'))

  // As the hub does it: large files lie elsewhere, and the answer that says so tells their checksum.
  other = createServer((request, response) => {
    requests.push({ path: request.url!, authorization: request.headers.authorization, elsewhere: true })
    send(response, decodeURIComponent(request.url!.slice(1)))
  })
  const elsewhere = await listen(other)
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(request.url!)
    requests.push({ path, authorization: request.headers.authorization })
    const [, owner, name, rest] = /^\/([^/]+)\/([^/]+)\/resolve\/(.+)$/.exec(path) ?? []
    if (name === 'gated' && request.headers.authorization !== 'Bearer secret-token') {
      response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end('gated')
      return
    }
    if (name === 'missing') {
      response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end('no')
      return
    }
    const key = `${owner}/${name === 'gated' ? 'name' : name}/${rest}`
    const content = files.get(key)
    if (!content) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('no such file')
    } else if (key.endsWith('.safetensors')) {
      response
        .writeHead(302, {
          location: `${elsewhere}/${encodeURIComponent(key)}`,
          'x-linked-etag': `"${sha256(content)}"`,
          'x-linked-size': content.length,
          'x-repo-commit': rest!.replace(/\/[^/]+$/, ''),
        })
        .end()
    } else {
      const git = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
      response.setHeader('etag', `"${git}"`)
      send(response, key)
    }
  })
  endpoint = await listen(server)
})
afterAll(async () => {
  server.close()
  other.close()
  await rm(root, { recursive: true })
})
beforeEach(() => {
  cacheDir = join(root, `cache-${count++}`)
  requests = []
  troubles.clear()
})

function send(response: ServerResponse, key: string): void {
  const content = files.get(key)!
  const trouble = troubles.get(key)?.shift()
  if (trouble) trouble(response, content)
  else response.setHeader('content-length', content.length).end(content)
}

const load = (name: string, options: HubOptions = {}) =>
  loadPretrainedArrays(name, { endpoint, cacheDir, retryDelay: 1, ...options })

const weightsKey = 'owner/name/main/model.safetensors'

describe('a model of the hub', () => {
  it('is fetched once and comes from the cache afterwards, also offline', async () => {
    const seen: number[] = []
    const model = await load('hf://owner/name', { onProgress: ({ bytes }) => seen.push(bytes) })
    expect(model.config).toEqual(config)
    expect(model.parameters).toEqual(parameters)
    expect(model.endOfTextId).toBe(3)
    expect(seen.at(-1)).toBe(files.get(weightsKey)!.length)
    expect(requests.length).toBe(3)
    expect((await load('owner/name', { offline: true })).parameters).toEqual(parameters)
    expect(requests.length).toBe(3)
    await load('owner/name', { refresh: true })
    expect(requests.length).toBe(6)
  })

  it('comes in shards, and at a revision with slashes', async () => {
    expect((await load('hf://owner/sharded')).parameters).toEqual(parameters)
    expect((await load('hf://owner/name@refs/pr/1')).parameters).toEqual(parameters)
    expect((await load('owner/name', { revision: 'refs/pr/1', offline: true })).parameters).toEqual(
      parameters,
    )
  })

  it('gets the token at the hub and nowhere else, and the token is kept nowhere', async () => {
    await load('hf://owner/gated', { token: 'secret-token' })
    expect(requests.filter(({ elsewhere }) => elsewhere).map(({ authorization }) => authorization)).toEqual([
      undefined,
    ])
    const folder = await hubFolder('owner/gated', { cacheDir, offline: true })
    for (const name of await readdir(folder)) {
      expect((await readFile(join(folder, name))).includes('secret-token')).toBe(false)
    }
    const refused = load('owner/gated', { refresh: true, token: 'wrong-token' })
    await expect(refused).rejects.toThrow(/gated.*access token of that account/)
    await expect(refused).rejects.not.toThrow(/wrong-token/)
  })

  it('is tried again after a busy server, a torn connection, and bytes that came wrong', async () => {
    troubles.set(weightsKey, [
      response => response.writeHead(503).end(),
      (response, content) => {
        response.setHeader('content-length', content.length)
        response.write(content.subarray(0, 50), () => response.destroy())
      },
      (response, content) => {
        const wrong = Buffer.from(content)
        wrong[wrong.length - 1]! ^= 1
        response.end(wrong)
      },
    ])
    expect((await load('owner/name')).parameters).toEqual(parameters)
  })

  it('leaves nothing under its name when it never comes whole', async () => {
    troubles.set(
      weightsKey,
      Array.from({ length: 3 }, () => (response: ServerResponse, content: Buffer) => {
        response.end(content.subarray(0, 60))
      }),
    )
    const torn = load('owner/name', { retries: 2 })
    await expect(torn).rejects.toThrow(ModelFileError)
    await expect(torn).rejects.toThrow(/only 60 of \d+ bytes came\. Check the network/)
    expect(await readdir(join(cacheDir, 'models', 'owner--name', 'main'))).toEqual(['config.json'])
    await expect(load('owner/name', { offline: true })).rejects.toThrow(/not in the cache/)
  })

  it('must have the checksum that the caller names, in the cache too', async () => {
    const right = { 'model.safetensors': sha256(files.get(weightsKey)!) }
    const wrong = { 'model.safetensors': '0'.repeat(64) }
    await expect(load('owner/name', { sha256: wrong })).rejects.toThrow(/SHA-256 is [0-9a-f]{64}, not 0{64}/)
    await load('owner/name', { sha256: right })
    await expect(load('owner/name', { sha256: wrong, offline: true })).rejects.toThrow(/not in the cache/)
    // Damage on the disk is seen and mended.
    const path = join(await hubFolder('owner/name', { cacheDir, offline: true }), 'model.safetensors')
    await writeFile(path, 'cut off')
    expect((await load('owner/name', { sha256: right })).parameters).toEqual(parameters)
  })

  it.each([
    ['hf://owner/missing', /no such model, or it is private/],
    ['hf://owner/gated', /gated\. Accept its conditions .* access token/],
    ['hf://owner/pickled', /no safetensors at main.*refs\/pr\/1/],
    ['hf://owner/name@other', /no config\.json at other/],
    ['hf://owner/torn', /weight_map/],
    ['hf://a/b/c', /no model of the hub/],
    ['hf://../x', /no model of the hub/],
    ['hf://owner/name@..', /no model of the hub/],
  ])('%s is refused', async (name, message) => {
    const loading = load(name)
    await expect(loading).rejects.toThrow(ModelFileError)
    await expect(loading).rejects.toThrow(message)
  })

  it('says that the hub cannot be reached, and stops when told', async () => {
    await expect(load('owner/name', { endpoint: 'http://127.0.0.1:1', retries: 1 })).rejects.toThrow(
      /cannot be reached/,
    )
    const controller = new AbortController()
    const loading = load('owner/name', {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(loading).rejects.toThrow('enough')
  })
})
