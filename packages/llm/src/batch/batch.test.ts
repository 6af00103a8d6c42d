import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BatchOptions, completeBatch, createChatClient } from '../index.ts'
import { failureOf } from '../test-helpers/failure-of.ts'
import { say, serve } from '../test-helpers/serve.ts'
import { temporaryFolder } from '../test-helpers/temporary-folder.ts'
import { createVirtualClock } from '../test-helpers/virtual-clock.ts'
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
  // In too few rounds the rest is reported, one by one.
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

test('what the server takes no more of waits until other batches have ended, and is paid once', async () => {
  // The lines of the 25 requests have about 6,000 characters.
  const { server, options } = await setUp({ batch: { delay: 10, enqueuedLimit: 2500 } })
  const waiting: number[] = []
  const { results, account } = await completeBatch(requests, {
    ...options,
    onProgress: progress => waiting.push(progress.waiting),
  })
  expect(results.map(({ reply }) => reply?.text)).toEqual(texts)
  expect(account.requests).toBe(25)
  expect(server.counts().delivered).toBe(25)
  expect([...server.deliveries.values()].every(count => count === 1)).toBe(true)
  expect(Math.max(...waiting)).toBeGreaterThan(0)
  // It does not creep: halving what was refused finds the limit in a few steps.
  expect(server.counts().batches).toBeLessThan(12)
})

test('a limit that is known is never exceeded', async () => {
  const { server, options } = await setUp({ batch: { delay: 5 } })
  const open: number[] = []
  // A request counts for 9 tokens of input and up to 400 of output here.
  await completeBatch(requests, {
    ...options,
    maxTokens: 3 * 450,
    onProgress: progress => open.push(progress.open.length),
  })
  expect(server.counts()).toMatchObject({ delivered: 25 })
  expect(server.counts().batches).toBeGreaterThanOrEqual(9)
})

test('a server that never answers is given up, and one that has no batches is reported', async () => {
  const { options } = await setUp()
  const clock = createVirtualClock()
  const never: typeof fetch = (_, init) =>
    new Promise((_, reject) =>
      init?.signal?.addEventListener('abort', () => reject(init.signal!.reason), { once: true }),
    )
  const silent = { ...options, fetch: never, clock, timeout: 60_000, maxRetries: 2 }
  expect(await failureOf(completeBatch(requests, silent))).toMatchObject({
    code: 'timeout',
    details: { milliseconds: 60_000 },
  })
  expect(clock.now()).toBeLessThan(4 * 60_000)
  const fresh = await setUp()
  const without: typeof fetch = async () => Response.json({ detail: 'Not Found' }, { status: 404 })
  expect(await failureOf(completeBatch(requests, { ...fresh.options, fetch: without }))).toMatchObject({
    code: 'no-batches',
    details: { status: 404 },
  })
})

test('a batch that never ends is given up after its deadline, and the next run continues with it', async () => {
  const { server, options } = await setUp({ batch: { delay: 2 ** 30 } })
  const error = await failureOf(completeBatch(requests, { ...options, deadline: 1 }))
  expect(error).toMatchObject({ code: 'batch-deadline', details: { milliseconds: 1 } })
  expect(JSON.parse(await readFile(options.stateFile, 'utf8')).open).toHaveLength(1)
  expect(server.counts().batches).toBe(1)
})

test('a field that the server refuses in a batch is left out in the next round', async () => {
  const { server, options } = await setUp()
  let refused = 0
  const refusing: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (!/\/files\/.*\/content$/.test(String(input))) return response
    const text = await response.text()
    if (refused++ > 0) return new Response(text)
    const lines = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { custom_id: string })
    const error = {
      message: "'temperature' does not support 0",
      param: 'temperature',
      code: 'unsupported_value',
    }
    const results = lines.map(({ custom_id }) => ({
      custom_id,
      response: { status_code: 400, body: { error } },
    }))
    return new Response(results.map(each => JSON.stringify(each)).join('\n'))
  }
  const cold = requests.map(request => ({ ...request, temperature: 0 }))
  const { results } = await completeBatch(cold, { ...options, fetch: refusing })
  expect(results.map(({ reply }) => reply?.text)).toEqual(texts)
  expect([...server.deliveries.keys()].slice(25).some(body => body.includes('temperature'))).toBe(false)
})
