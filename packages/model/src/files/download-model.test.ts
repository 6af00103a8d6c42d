import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HubServer, startHubServer } from '@tinystories/testing/hub'
import { HubError } from '@tinystories/utils/hub'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ModelFileError } from '../errors/index.ts'
import { tinyArrays, tinyConfig } from '../testing/tiny.ts'
import { type DownloadOptions, downloadModel } from './download-model.ts'
import { loadPretrainedArrays } from './load.ts'
import { encodeSafetensors } from './safetensors.ts'
import { openSafetensors } from './safetensors-file.ts'
import { saveSafetensors } from './save.ts'

const config = tinyConfig()
const parameters = tinyArrays(config)
let root: string
let cacheDir: string
let hub: HubServer
let count = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'download-'))
  await saveSafetensors(join(root, 'model'), { config, parameters }, { stopIds: [3] })
  const weights = join(root, 'model', 'model.safetensors')
  const whole = {
    'config.json': await readFile(join(root, 'model', 'config.json')),
    'model.safetensors': await readFile(weights),
    'tokenizer.json': '{}',
    'README.md': 'not needed',
  }
  const opened = await openSafetensors(weights)
  const names = [...opened.tensors.keys()]
  const shards: Record<string, Uint8Array | string> = {}
  const map: Record<string, string> = {}
  for (const [i, file] of ['a.safetensors', 'b.safetensors'].entries()) {
    const part = names.filter((_, j) => j % 2 === i)
    for (const name of part) map[name] = file
    const tensors = await Promise.all(
      part.map(async name => ({
        name,
        shape: opened.tensors.get(name)!.shape,
        data: await opened.read(name),
      })),
    )
    shards[file] = Buffer.concat(encodeSafetensors(tensors))
  }
  await opened.close()
  const index = 'model.safetensors.index.json'
  hub = await startHubServer({
    'owner/name': { files: whole, revisions: ['refs/pr/1'] },
    'owner/gated': { files: whole, token: 'secret-token' },
    'owner/sharded': {
      files: { 'config.json': whole['config.json'], ...shards, [index]: JSON.stringify({ weight_map: map }) },
    },
    'owner/weightless': { files: { 'config.json': whole['config.json'] } },
    'owner/configless': { files: { 'model.safetensors': whole['model.safetensors'] } },
    'owner/outside': {
      files: { 'config.json': whole['config.json'], [index]: '{"weight_map": {"x": "../up.safetensors"}}' },
    },
  })
})
afterAll(async () => {
  await hub.close()
  await rm(root, { recursive: true })
})
beforeEach(() => {
  cacheDir = join(root, `cache-${count++}`)
  hub.requests.length = 0
})

const load = (address: string, options: DownloadOptions = {}) =>
  loadPretrainedArrays(address, { endpoint: hub.endpoint, cacheDir, ...options })

test('downloads a model with its tokenizer once; afterwards it comes from the cache, also offline', async () => {
  const model = await load('hf://owner/name')
  expect(model.config).toEqual(config)
  expect(model.parameters).toEqual(parameters)
  expect(model.endOfTextId).toBe(3)
  const asked = hub.requests.length
  expect((await load('owner/name', { offline: true })).parameters).toEqual(parameters)
  expect(hub.requests.length).toBe(asked)
  const folder = await downloadModel('owner/name', { cacheDir, offline: true })
  expect((await readdir(folder)).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json'])
})

test('loads shards, and revisions with slashes', async () => {
  expect((await load('hf://owner/sharded')).parameters).toEqual(parameters)
  expect((await load('hf://owner/name@refs/pr/1')).parameters).toEqual(parameters)
})

test('sends the token to the hub and nowhere else', async () => {
  expect((await load('owner/gated', { token: 'secret-token' })).parameters).toEqual(parameters)
  for (const { elsewhere, authorization } of hub.requests) {
    expect(authorization).toBe(elsewhere ? undefined : 'Bearer secret-token')
  }
})

test.each<[string, string]>([
  ['owner/gated', 'HubError gated'],
  ['owner/missing', 'HubError no-repository'],
  ['owner/configless', 'HubError no-file'],
  ['owner/weightless', 'ModelFileError missing-file'],
  ['owner/outside', 'InputError invalid-value'],
  ['hf://owner/name@other', 'HubError no-revision'],
  ['hf://../x', 'HubError invalid-address'],
])('%s is refused: %s', async (address, expected) => {
  const error = await load(address).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(Error)
  const { name, code } = error as ModelFileError
  expect(`${name} ${code}`).toBe(expected)
})

test('errors name the place', async () => {
  const error = await load('owner/weightless').catch((reason: unknown) => reason)
  expect(ModelFileError.isInstance(error) && error.details).toMatchObject({ path: 'owner/weightless' })
  const missing = await load('owner/missing').catch((reason: unknown) => reason)
  expect(HubError.isInstance(missing) && missing.details).toMatchObject({ repository: 'owner/missing' })
})
