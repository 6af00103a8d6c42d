import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import { type HubServer, startHubServer } from '@tinystories/testing/hub'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openModel } from '../model/open-model.ts'
import { type PushModelOptions, preparePush, pushModel } from './push-model.ts'

let folder: string
let hub: HubServer
const token = 'hf_of-ada-0123456789'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'push-'))
  const tokenizer = await trainTokenizer(['the cat sat', 'the dog ran'], { vocabSize: 270, style: 'gpt2' })
  for (const preset of ['llama', 'story'] as const) {
    const sizes = { contextLength: 16, hiddenSize: 8, heads: 2, layers: 1, vocabSize: tokenizer.vocabSize }
    const config = gptConfig(preset, { ...sizes, ...(preset === 'story' && { bigramRows: 8 }) })
    await saveSafetensors(join(folder, preset), { config, parameters: initParameterArrays(config, 1) })
    await tokenizer.save(join(folder, preset, 'tokenizer.json'))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

beforeEach(async () => {
  hub = await startHubServer({ 'bob/his': { files: { 'README.md': 'his' } } })
  hub.writers[token] = ['ada', 'team']
  return () => hub.close()
})

const push = (options: Partial<PushModelOptions> = {}): ReturnType<typeof pushModel> =>
  pushModel({
    model: join(folder, 'llama'),
    repository: 'ada/mine',
    token,
    endpoint: hub.endpoint,
    sleep: async () => {},
    ...options,
  })

const paths = [
  'README.md',
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'special_tokens_map.json',
  'tokenizer.json',
  'tokenizer_config.json',
]
const sent = (part: string): string[] =>
  hub.requests.filter(({ method, path }) => method !== 'GET' && path.includes(part)).map(({ path }) => path)
const filesOf = (name: string): string[] =>
  Object.keys(hub.repositories[name]!.files)
    .filter(path => path !== '.gitattributes')
    .sort()

test('makes a repository, whose model opens from the hub again; the token goes to the hub alone', async () => {
  const { url, commit, sent: pushed, layout } = await push({ license: 'mit', isPrivate: true })
  expect({ url, layout }).toEqual({ url: `${hub.endpoint}/ada/mine`, layout: 'transformers' })
  expect(pushed.sort()).toEqual(paths)
  const made = hub.repositories['ada/mine']!
  expect(made).toMatchObject({
    commit,
    private: true,
    commits: [expect.stringMatching(/^Upload 7 files with/)],
  })
  expect(filesOf('ada/mine')).toEqual(paths)
  const card = made.files['README.md']!.toString()
  expect(card).toMatch(
    /^---\nlicense: "mit"\n[\s\S]*\n# mine\n[\s\S]*pipeline\('text-generation', 'ada\/mine'\)/,
  )
  for (const { elsewhere, authorization } of hub.requests)
    expect(authorization).toBe(elsewhere ? undefined : `Bearer ${token}`)
  expect(hub.requests.some(({ elsewhere }) => elsewhere)).toBe(true)

  const access = { endpoint: hub.endpoint, cacheDir: join(folder, 'cache') }
  await using theirs = await openModel('hf://ada/mine', access)
  expect(theirs.model.config).toMatchObject({ hiddenSize: 8, activation: 'swiglu' })
})

test('sends again only what has changed, and nothing where nothing has', async () => {
  const first = await push()
  hub.requests.length = 0
  expect(await push()).toEqual({ ...first, sent: [], unchanged: first.sent })
  expect(sent('/commit/')).toEqual([])
  expect((await push({ license: 'mit' })).sent).toEqual(['README.md'])
  expect(hub.requests.filter(({ elsewhere }) => elsewhere)).toHaveLength(1)
  expect(hub.repositories['ada/mine']!.commits![1]).toMatch(/^Upload README.md with/)
})

test('goes on after a broken upload with what is missing', async () => {
  const weights = /\/(part|complete|upload)\//
  hub.fault('/complete/', (_, response) => response.writeHead(500).end())
  hub.fault('/commit/', (_, response) => response.writeHead(500).end('broken'))
  await expect(push({ retries: 0 })).rejects.toMatchObject({
    name: 'PushError',
    code: 'refused',
    details: { step: 'upload', status: 500 },
  })
  expect(filesOf('ada/mine')).toEqual([])
  // The large files arrive, and the commit does not.
  await expect(push({ retries: 1 })).rejects.toMatchObject({ details: { step: 'commit', status: 500 } })
  expect(filesOf('ada/mine')).toEqual([])
  hub.requests.length = 0
  expect((await push()).sent.sort()).toEqual(paths)
  expect(hub.requests.filter(({ path }) => weights.test(path))).toEqual([])
  expect(filesOf('ada/mine')).toEqual(paths)
})

test('pushes a branch, which it makes, and a graph for transformers.js', async () => {
  await push()
  const { sent: pushed, url } = await push({ revision: 'refs/next', onnx: true })
  expect(url).toBe(`${hub.endpoint}/ada/mine/tree/refs%2Fnext`)
  expect(pushed.sort()).toEqual(['config.json', 'onnx/model.onnx'])
  expect(sent('/branch/')).toEqual(['/api/models/ada/mine/branch/refs/next'])
  expect(sent('/commit/').at(-1)).toBe('/api/models/ada/mine/commit/refs/next')
})

test('pushes what transformers does not know for us alone, without its graph', async () => {
  const model = join(folder, 'story')
  const { layout, files } = await preparePush({ model, repository: 'ada/mine' })
  expect(layout).toBe('tinystories')
  expect(files['README.md']).toContain('tinystories generate --model hf://ada/mine')
  await expect(push({ model, onnx: true })).rejects.toMatchObject({ code: 'not-exportable' })
  expect(hub.requests).toEqual([])
})

describe('refuses, with nothing published', () => {
  const names = [
    'mine',
    'a/b/c',
    'ada/',
    '/x',
    'ada/..',
    'ada/a--b',
    'ada/mine.git',
    'ada/-x',
    'ada/a b',
    `ada/${'x'.repeat(99)}`,
  ]
  test.each(names)('the name %s', async repository => {
    await expect(push({ repository })).rejects.toMatchObject({ code: 'invalid-repository' })
    expect(hub.requests).toEqual([])
  })

  test.each<[string, Partial<PushModelOptions>, string]>([
    ['a branch that can be none', { revision: '../main' }, 'invalid-revision'],
    ['no token', { token: undefined }, 'no-token'],
    ['another kind of token', { token: 'sk-123' }, 'invalid-token'],
    ['a token with a line break', { token: `${token}\nx: y` }, 'invalid-token'],
    ['a model that is not there', { model: '/nowhere' }, 'no-model'],
  ])('%s', async (_, options, code) => {
    await expect(push(options)).rejects.toMatchObject({ code })
    expect(hub.requests).toEqual([])
  })

  test.each<[string, Partial<PushModelOptions>, object]>([
    ['a token that the hub does not know', { token: 'hf_unknown' }, { code: 'unauthorized' }],
    [
      'an owner that is not ours',
      { repository: 'bob/mine' },
      { code: 'forbidden', details: { exists: false } },
    ],
    ['no network', { endpoint: 'http://127.0.0.1:9' }, { code: 'unreachable' }],
  ])('%s', async (_, options, error) => {
    const refused = push(options)
    await expect(refused).rejects.toMatchObject({ name: 'PushError', ...error })
    await expect(refused).rejects.not.toThrow(/hf_unknown|hf_of-ada/)
    expect(Object.keys(hub.repositories)).toEqual(['bob/his'])
  })

  test.each<[string, string, number, object]>([
    ['a name that is taken', '/repos/create', 409, { code: 'no-repository' }],
    ['a name where we may not write', '/preupload/', 403, { code: 'forbidden' }],
    ['too much', '/objects/batch', 413, { code: 'too-large' }],
    ['a commit in between', '/commit/', 412, { code: 'changed-meanwhile', details: { revision: 'main' } }],
    [
      'a card that it does not take',
      '/commit/',
      400,
      { code: 'refused', details: { step: 'commit', status: 400, reason: 'Invalid [token] metadata' } },
    ],
    ['a hub that fails', '/preupload/', 503, { code: 'refused', details: { step: 'upload', status: 503 } }],
  ])('%s', async (_, path, status, error) => {
    const body = JSON.stringify({ error: `Invalid ${token}\n metadata` })
    const fault = (_: unknown, response: import('node:http').ServerResponse): unknown =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    hub.fault(path, fault, fault)
    const refused = push({ retries: 1 })
    await expect(refused).rejects.toMatchObject(error)
    await expect(refused).rejects.not.toThrow(token)
    expect(hub.repositories['ada/mine']?.commits).toBeUndefined()
  })

  test('an interruption', async () => {
    const controller = new AbortController()
    hub.fault('/preupload/', () => controller.abort(new Error('stop')))
    await expect(push({ signal: controller.signal })).rejects.toThrow('stop')
    expect(filesOf('ada/mine')).toEqual([])
  })
})
