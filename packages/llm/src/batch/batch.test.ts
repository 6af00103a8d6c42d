import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BatchOptions, completeBatch, createChatClient } from '../index.ts'
import { failureOf } from '../test-helpers/failure-of.ts'
import { say, serve } from '../test-helpers/serve.ts'
import { temporaryFolder } from '../test-helpers/temporary-folder.ts'
import type { ChatServerOptions } from '../testing/chat-server-options.ts'

const requests = Array.from({ length: 25 }, (_, i) => say(`${i} is the number`))
const texts = requests.map((_, i) => `number the is ${i}`)

async function setUp(serverOptions: ChatServerOptions = {}) {
  const server = await serve(serverOptions)
  const folder = await temporaryFolder()
  const options: BatchOptions = {
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    cacheDir: join(folder, 'cache'),
    stateFile: join(folder, 'state.json'),
    pollInterval: 5,
    retryDelay: 1,
    prices: { input: 10, output: 20 },
  }
  return { server, folder, options }
}

test('replies come in the order of the requests, at half the price, and a client finds them in the cache', async () => {
  const { server, options } = await setUp({ batch: { delay: 20 } })
  const progress: number[] = []
  // One request twice: it is sent once.
  const { results, account } = await completeBatch([...requests, requests[0]!], {
    ...options,
    onProgress: ({ completed }) => progress.push(completed),
  })
  expect(results.map(({ reply }) => reply?.text)).toEqual([...texts, texts[0]])
  expect(account).toMatchObject({ requests: 25, cacheHits: 0 })
  expect(account.cost).toBeCloseTo((account.inputTokens * 10 + account.outputTokens * 20) / 2e6, 12)
  expect(progress.at(-1)).toBe(25)
  const reply = await createChatClient(options).complete(requests[3]!)
  expect(reply).toMatchObject({ text: texts[3], cached: true, cost: results[3]?.reply?.cost })
  const again = await completeBatch(requests, options)
  expect(again.account).toMatchObject({ requests: 0, cacheHits: 25 })
  expect(server.counts()).toMatchObject({ batches: 1, delivered: 25, requests: 0 })
})

test('requests that failed or expired at the server are sent again, and nothing else', async () => {
  const failing = await setUp({ batch: { failures: 0.3 }, seed: 5 })
  const { results } = await completeBatch(requests, { ...failing.options, rounds: 20 })
  expect(results.map(({ reply }) => reply?.text)).toEqual(texts)
  expect(failing.server.counts().delivered).toBe(25)
  expect(failing.server.counts().batches).toBeGreaterThan(1)
  const expiring = await setUp({ batch: { expireAfter: 10 } })
  const second = await completeBatch(requests, expiring.options)
  expect(second.results.map(({ reply }) => reply?.text)).toEqual(texts)
  expect(expiring.server.counts()).toMatchObject({ batches: 3, delivered: 25 })
  // In too few rounds the rest is told, one by one.
  const short = await setUp({ batch: { expireAfter: 10 } })
  const cut = await completeBatch(requests, { ...short.options, rounds: 1 })
  expect(cut.results.filter(({ reply }) => reply !== undefined)).toHaveLength(10)
  expect(cut.results.at(-1)?.error).toMatchObject({
    code: 'batch-request-failed',
    details: { said: 'This request could not be executed in time.' },
  })
})

test('large jobs are cut into several batches', async () => {
  const { server, options } = await setUp()
  await completeBatch(requests, { ...options, maxRequests: 10 })
  expect(server.counts()).toMatchObject({ batches: 3, delivered: 25 })
})

test('stopped while a batch is under way, the next run goes on with it', async () => {
  const { server, options } = await setUp({ batch: { delay: 60 } })
  const controller = new AbortController()
  const stopped = completeBatch(requests, {
    ...options,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('stopped')),
  })
  await expect(stopped).rejects.toThrow('stopped')
  const { results } = await completeBatch(requests, options)
  expect(results.map(({ reply }) => reply?.text)).toEqual(texts)
  expect(server.counts()).toMatchObject({ batches: 1, delivered: 25 })
})

test('killed between creating a batch and noting its name, the next run finds it', async () => {
  const { server, options } = await setUp()
  const dying: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (String(input).endsWith('/batches') && init?.method === 'POST') throw new Dead()
    return response
  }
  const error = await failureOf(completeBatch(requests, { ...options, fetch: dying, maxRetries: 0 }))
  expect(error.code).toBe('connection-failed')
  const { open } = JSON.parse(await readFile(options.stateFile, 'utf8')) as { open: object[] }
  expect(open).toEqual([{ nonce: expect.any(String), tokens: expect.any(Number), begun: expect.any(Number) }])
  const { results } = await completeBatch(requests, options)
  expect(results.map(({ reply }) => reply?.text)).toEqual(texts)
  expect(server.counts()).toMatchObject({ batches: 1, delivered: 25 })
})

test('an answer lost on its way does not make a second batch', async () => {
  const { server, options } = await setUp()
  let lost = 0
  const losing: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (String(input).endsWith('/batches') && init?.method === 'POST' && lost++ === 0) throw new Dead()
    return response
  }
  await completeBatch(requests, { ...options, fetch: losing })
  expect(server.counts()).toMatchObject({ batches: 1, delivered: 25 })
})

test('what cannot continue is refused by code', async () => {
  const unknown = await setUp({ models: ['other'] })
  expect(await failureOf(completeBatch(requests, unknown.options))).toMatchObject({
    code: 'batch-refused',
    details: { batch: expect.stringMatching(/^batch_/), said: 'The model m does not exist.' },
  })
  const { options } = await setUp()
  const limited = requests.map(request => ({ ...request, maxTokens: 10 }))
  expect(await failureOf(completeBatch(limited, { ...options, budget: 0.0001 }))).toMatchObject({
    code: 'budget-exceeded',
    details: { purpose: 'batch', budget: 0.0001 },
  })
  const state = {
    kind: 'tinystories-llm-batch',
    version: 2,
    server: options.baseURL,
    model: 'x',
    open: [{ nonce: 'n', tokens: 1, begun: 1 }],
  }
  for (const foreign of ['nonsense', '[]', '{}', JSON.stringify({ ...state, open: [{ nonce: 3 }] })]) {
    await writeFile(options.stateFile, foreign)
    expect((await failureOf(completeBatch(requests, options))).code).toBe('foreign-state')
  }
  await writeFile(options.stateFile, JSON.stringify(state))
  expect(await failureOf(completeBatch(requests, options))).toMatchObject({
    code: 'other-state',
    details: { model: 'x', server: options.baseURL },
  })
  await writeFile(options.stateFile, JSON.stringify({ ...state, model: 'm', server: 'http://other/v1' }))
  expect((await failureOf(completeBatch(requests, options))).code).toBe('other-state')
})

class Dead extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }) })
  }
}
