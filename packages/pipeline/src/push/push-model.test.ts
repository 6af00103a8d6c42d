import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import { type HubFault, type HubServer, startHubServer } from '@tinystories/testing/hub'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openModel } from '../model/open-model.ts'
import type { PushError } from './push-error.ts'
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

const redirect =
  (status: number, location: string): HubFault =>
  (_, response) =>
    response.writeHead(status, { location }).end()

test('waits as long as a busy hub asks, also before a commit, and follows where it stays itself', async () => {
  const waits: number[] = []
  const busy: HubFault = (_, response) => response.writeHead(429, { 'retry-after': '7' }).end()
  for (const path of ['/repos/create', '/preupload/', '/commit/']) hub.fault(path, busy)
  hub.fault('/repos/create', redirect(307, `${hub.endpoint}/api/repos/create?moved`))
  const { sent: pushed } = await push({ sleep: async delay => void waits.push(delay) })
  expect(pushed.sort()).toEqual(paths)
  expect(waits).toEqual([7000, 7000, 7000])
  expect(sent('/commit/')).toHaveLength(2)
})

test('a commit whose answer was lost is found; where it cannot be asked for, it is said to be uncertain', async () => {
  const lost: HubFault = (_, response) => {
    Object.assign(response, { end: () => response.destroy() })
    return false
  }
  hub.fault('/commit/', lost)
  const { commit, sent: pushed } = await push()
  expect(pushed.sort()).toEqual(paths)
  expect(hub.repositories['ada/mine']).toMatchObject({
    commit,
    commits: [expect.stringMatching(/^Upload 7/)],
  })
  const broken: HubFault = request => request.socket.destroy()
  hub.fault('/commit/', broken)
  await expect(push({ license: 'mit' })).rejects.toMatchObject({ code: 'unreachable' })
  hub.fault('/commit/', (request, response, content) => {
    broken(request, response, content)
    hub.fault('/revision/', ...Array.from({ length: 5 }, () => broken))
  })
  await expect(push({ license: 'mit' })).rejects.toMatchObject({ code: 'uncertain' })
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
      { code: 'refused', details: { step: 'commit', status: 400, reason: 'Invalid [key] metadata' } },
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
    // What it left is said, and only where it left something.
    const isNew = 'ada/mine' in hub.repositories && path !== '/repos/create'
    const { code, message } = (await refused.catch((reason: unknown) => reason)) as PushError
    if (/too-large|meanwhile|refused/.test(code))
      expect(message.includes('Nothing was published but the repository, which is empty.')).toBe(isNew)
  })

  test.each<[string, HubFault, string]>([
    ['a page', (_, response) => response.end('<html>Log in</html>'), 'invalid-reply'],
    ['JSON of another form', (_, response) => response.end('null'), 'invalid-reply'],
    ['another server', redirect(308, 'http://localhost:1/api/repos/create'), 'redirected'],
    ['a redirect that drops the body', redirect(302, '/api/repos/create'), 'redirected'],
    ['no end of redirects', redirect(307, '/api/repos/create'), 'redirected'],
    ['a broken connection', request => request.socket.destroy(), 'unreachable'],
    [
      'half a reply',
      (_, response) => response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
      'unreachable',
    ],
    ['a reply that never comes', () => {}, 'unreachable'],
    ['a reply that never ends', (_, response) => response.write('{'), 'unreachable'],
  ])('instead of the hub %s', async (_, fault, code) => {
    hub.fault('/repos/create', ...Array.from({ length: 7 }, () => fault))
    await expect(push({ timeout: 300 })).rejects.toMatchObject({ name: 'PushError', code })
    expect(Object.keys(hub.repositories)).toEqual(['bob/his'])
  })

  test.each(['nonsense', 'ftp://hub', 'https://ada:secret@hub'])('the endpoint %s', async endpoint => {
    const refused = push({ endpoint })
    await expect(refused).rejects.toMatchObject({ name: 'HttpError', code: 'invalid-address' })
    await expect(refused).rejects.not.toThrow('secret')
  })

  test('an interruption', async () => {
    const controller = new AbortController()
    hub.fault('/preupload/', () => controller.abort(new Error('stop')))
    await expect(push({ signal: controller.signal })).rejects.toThrow('stop')
    expect(filesOf('ada/mine')).toEqual([])
  })
})
