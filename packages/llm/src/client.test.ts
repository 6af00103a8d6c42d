import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { type ChatRequest, createChatClient } from './index.ts'
import { failureOf } from './test-helpers/failure-of.ts'
import { say, serve } from './test-helpers/serve.ts'
import { createVirtualClock } from './test-helpers/virtual-clock.ts'

test('a reply has text, usage and cost', async () => {
  const server = await serve()
  const prices = { input: 1, output: 10 }
  const client = createChatClient({ model: 'local', baseURL: server.baseURL, apiKey: 'any', prices })
  const reply = await client.complete({ ...say('three little words'), maxTokens: 50 })
  expect(reply).toEqual({
    text: 'words little three',
    finishReason: 'stop',
    model: 'local',
    usage: { inputTokens: 9, outputTokens: 5 },
    cost: (9 * 1 + 5 * 10) / 1e6,
    cached: false,
  })
  expect(client.account()).toEqual({
    requests: 1,
    cacheHits: 0,
    inputTokens: 9,
    outputTokens: 5,
    cost: reply.cost,
    possibleCost: 0,
    costKnown: true,
  })
})

test('every parameter is sent under the name of the protocol', async () => {
  let seen: Record<string, unknown> = {}
  const server = await serve({
    respond: ({ body }) => {
      seen = body
      return 'two words'
    },
  })
  const base = { baseURL: server.baseURL, apiKey: 'any' }
  const request = {
    ...say('hello'),
    temperature: 0.5,
    topP: 0.9,
    maxTokens: 9,
    seed: 3,
    stop: ['END'],
    responseFormat: { name: 'marks', schema: { type: 'object' } },
    topLogprobs: 2,
    trial: 4,
  }
  const reply = await createChatClient({ model: 'local', ...base }).complete(request)
  expect(seen).toEqual({
    model: 'local',
    messages: [{ role: 'user', content: 'hello' }],
    temperature: 0.5,
    top_p: 0.9,
    max_tokens: 9,
    seed: 3,
    stop: ['END'],
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'marks', schema: { type: 'object' }, strict: true },
    },
    logprobs: true,
    top_logprobs: 2,
  })
  expect(reply.logprobs?.map(({ token }) => token)).toEqual(['two ', 'words'])
  expect(reply.logprobs?.[0]?.top).toHaveLength(2)
  // Reasoning models know the limit under another name only, need room for thoughts, and refuse a temperature.
  const reasoning = createChatClient({ model: 'o3-mini', ...base })
  await reasoning.complete({ ...say('hello'), maxTokens: 9, temperature: 0, reasoning: 'low' })
  expect(seen).toEqual({
    model: 'o3-mini',
    messages: [{ role: 'user', content: 'hello' }],
    max_completion_tokens: 9 + 4096,
    reasoning_effort: 'low',
  })
})

test('older Azure deployments are reached with a header and a parameter of their own', async () => {
  let address = ''
  let header: string | null = null
  const spy: typeof fetch = (input, init) => {
    address = String(input)
    header = new Headers(init?.headers).get('api-key')
    return fetch(input, init)
  }
  const server = await serve()
  const client = createChatClient({
    model: 'deployed',
    baseURL: server.baseURL,
    apiKey: 'any',
    headers: { 'api-key': 'azure-key' },
    query: { 'api-version': '2024-10-21' },
    fetch: spy,
  })
  await client.complete(say('hello'))
  expect(address).toContain('/chat/completions?api-version=2024-10-21')
  expect(header).toBe('azure-key')
})

test('bad input is refused by code, with the place and the value', async () => {
  const server = await serve({ apiKey: 'right', models: ['known'] })
  const ask = (options: object, request: object = {}) =>
    failureOf(() =>
      createChatClient({ model: 'known', baseURL: server.baseURL, apiKey: 'right', ...options }).complete({
        ...say('hello'),
        ...request,
      }),
    )
  const missing = { code: 'invalid-key', details: { problem: 'missing' } }
  expect(await ask({ apiKey: '' })).toMatchObject(missing)
  expect(await ask({ apiKey: 'right\n' })).toMatchObject({ details: { problem: 'characters' } })
  const address = server.baseURL
  expect(await ask({ apiKey: 'wrong' })).toMatchObject({
    code: 'authentication',
    details: { server: address, status: 401, said: 'Incorrect API key provided: [key].' },
  })
  expect(await ask({ model: 'unknown' })).toMatchObject({
    code: 'unknown-model',
    details: { model: 'unknown', status: 404 },
  })
  expect(await ask({ baseURL: 'localhost' })).toMatchObject({
    code: 'invalid-option',
    details: { option: 'baseURL', value: 'localhost' },
  })
  const withPassword = await ask({ baseURL: 'http://user:planted@localhost/v1' })
  expect(withPassword).toMatchObject({ code: 'invalid-option', details: { option: 'baseURL' } })
  expect(JSON.stringify(withPassword)).not.toContain('planted')
  expect(await ask({ baseURL: address.replace('/v1', '/v2') })).toMatchObject({ code: 'unknown-endpoint' })
  expect(await ask({ timeout: 0 })).toMatchObject({
    code: 'invalid-option',
    details: { option: 'timeout', value: 0 },
  })
  expect(await ask({ budget: 1 })).toMatchObject({ code: 'no-prices', details: { model: 'known' } })
  const prices = { input: 1, output: 1 }
  expect(await ask({ budget: 1, prices })).toMatchObject({ code: 'no-token-limit' })
  expect(await ask({ budget: 1e-6, prices }, { maxTokens: 100 })).toMatchObject({
    code: 'budget-exceeded',
    details: { budget: 1e-6, spent: 0, calls: 0, purpose: 'call' },
  })
  expect(server.counts().delivered).toBe(0)
})

test.each([
  [{ messages: [] }, 'messages'],
  [{ messages: [{ role: 'tool', content: 'a' }] }, 'messages.0.role'],
  [{ messages: [{ role: 'user' }] }, 'messages.0.content'],
  [{ temperature: 3 }, 'temperature'],
  [{ topP: -0.1 }, 'topP'],
  [{ maxTokens: 0.5 }, 'maxTokens'],
  [{ topLogprobs: 21 }, 'topLogprobs'],
  [{ trial: -1 }, 'trial'],
  [{ reasoning: 'much' }, 'reasoning'],
])('%j is refused before it is sent', async (request, field) => {
  const client = createChatClient({ model: 'm', baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any' })
  const error = await failureOf(client.complete({ ...say('hello'), ...request } as ChatRequest))
  expect(error).toMatchObject({ code: 'invalid-request', details: { field } })
})

test('a server that is not there is reported after few attempts', async () => {
  const server = await serve()
  await server.close()
  let attempts = 0
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    retryDelay: 1,
    onEvent: () => attempts++,
  })
  expect(await failureOf(client.complete(say('hello')))).toMatchObject({
    code: 'unreachable',
    details: { server: server.baseURL, inPage: false },
  })
  expect(attempts).toBe(2)
  // What one call found out holds for all.
  await failureOf(client.complete(say('again')))
  expect(attempts).toBe(2)
})

test('after a wrong key no further request is made', async () => {
  const server = await serve({ apiKey: 'right' })
  let sent = 0
  const counting: typeof fetch = (input, init) => {
    sent++
    return fetch(input, init)
  }
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'wrong',
    fetch: counting,
    maxConcurrency: 2,
  })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, i) => client.complete(say(`${i}`))),
  )
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  expect(sent).toBeLessThanOrEqual(2)
})

test('failures are tried again, so many times and no more', async () => {
  const server = await serve({ faults: { serverError: 1 } })
  const events: string[] = []
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    maxRetries: 3,
    retryDelay: 1,
    onEvent: ({ type }) => events.push(type),
  })
  const error = await failureOf(client.complete(say('hello')))
  expect(error.code).toBe('server-failed')
  expect((error.details as { status: number }).status).toBeGreaterThanOrEqual(500)
  expect(server.counts().requests).toBe(4)
  expect(events).toEqual(['retry', 'retry', 'retry'])
})

/** Answers each request from a list, the last one for good. */
const playing =
  (...answers: (() => Response | Promise<Response>)[]): typeof fetch =>
  async () =>
    (answers.length > 1 ? answers.shift()! : answers[0]!)()
const completion = (content: string) => () =>
  Response.json({
    model: 'm',
    choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1 },
  })
const never = () => new Promise<Response>(() => {})
/** A `fetch` that rejects when it is aborted, as the real one does. */
const abortable =
  (load: typeof fetch): typeof fetch =>
  (input, init) =>
    Promise.race([
      load(input, init),
      new Promise<never>((_, reject) =>
        init?.signal?.addEventListener('abort', () => reject(init.signal!.reason), { once: true }),
      ),
    ])
const local = { model: 'm', baseURL: 'http://localhost/v1', apiKey: 'any' }

test('a server that never answers is given up after three rounds, by all who ask it', async () => {
  const clock = createVirtualClock()
  const client = createChatClient({ ...local, fetch: abortable(never), clock, timeout: 20_000 })
  const errors = await Promise.all(
    Array.from({ length: 10 }, (_, i) => failureOf(client.complete(say(`${i}`)))),
  )
  for (const error of errors)
    expect(error).toMatchObject({ code: 'timeout', details: { milliseconds: 20_000 } })
  // Three rounds and what had begun meanwhile, not 10 calls of 15 minutes.
  expect(clock.now()).toBeLessThanOrEqual(4 * 20_000)
})

test('an attempt that takes too long is repeated, and a late one does not end a call of others', async () => {
  const clock = createVirtualClock()
  const client = createChatClient({
    ...local,
    fetch: abortable(playing(completion('first'), never, completion('second'))),
    clock,
    timeout: 20_000,
  })
  expect((await client.complete(say('one'))).text).toBe('first')
  expect((await client.complete(say('two'))).text).toBe('second')
  expect(clock.now()).toBeGreaterThanOrEqual(20_000)
})

test('the deadline ends attempts and waits', async () => {
  const clock = createVirtualClock()
  const limited = () => new Response('{}', { status: 429, headers: { 'retry-after': '900' } })
  const fetch = playing(completion('first'), limited)
  const client = createChatClient({ ...local, fetch, clock, deadline: 5000 })
  await client.complete(say('first'))
  // The server asks to come back in a quarter of an hour: waiting for the deadline would be of no use.
  expect(await failureOf(client.complete(say('second')))).toMatchObject({
    code: 'deadline',
    details: { milliseconds: 5000, last: 'rate-limited' },
  })
  expect(clock.now()).toBe(0)
  const slow = createChatClient({
    ...local,
    fetch: abortable(playing(completion('first'), never)),
    clock,
    deadline: 15_000,
    timeout: 20_000,
  })
  await slow.complete(say('first'))
  const begun = clock.now()
  expect(await failureOf(slow.complete(say('second')))).toMatchObject({
    code: 'deadline',
    details: { last: 'timeout' },
  })
  expect(clock.now() - begun).toBeLessThanOrEqual(15_000)
})

test('a call that a server leaves without an answer twice is given up, while it answers others', async () => {
  const clock = createVirtualClock()
  let calls = 0
  const fetch = abortable((input, init) => {
    calls++
    return playing(String(init?.body).includes('never') ? never : completion('said'))(input, init)
  })
  const client = createChatClient({ ...local, fetch, clock, timeout: 20_000 })
  await client.complete(say('first'))
  expect(await failureOf(client.complete(say('never')))).toMatchObject({ code: 'timeout' })
  // Two attempts, which may both be paid, and the wait between them.
  expect(calls).toBe(3)
  expect(clock.now()).toBeLessThanOrEqual(40_500)
  expect((await client.complete(say('third'))).text).toBe('said')
})

test.each(['<!doctype html><title>Log in</title>', 'data: {"choices":[]}', ''])(
  'a server that answers %j twice is not asked a third time',
  async page => {
    let calls = 0
    const fetch = async () => {
      calls++
      return new Response(page, { headers: { 'content-type': 'text/html' } })
    }
    const client = createChatClient({ ...local, fetch, clock: createVirtualClock() })
    expect(await failureOf(client.complete(say('hello')))).toMatchObject({ code: 'invalid-reply' })
    expect(calls).toBe(2)
  },
)

test('403 is about the key before the first answer, and about the request after it', async () => {
  const forbidden = () => new Response('{"error":{"message":"Not this."}}', { status: 403 })
  const stranger = createChatClient({ ...local, fetch: playing(forbidden) })
  expect(await failureOf(stranger.complete(say('hello')))).toMatchObject({ code: 'authentication' })
  const fetch = playing(completion('first'), forbidden, completion('third'))
  const client = createChatClient({ ...local, fetch })
  await client.complete(say('one'))
  expect(await failureOf(client.complete(say('two')))).toMatchObject({
    code: 'request-refused',
    details: { status: 403, said: 'Not this.' },
  })
  expect((await client.complete(say('three'))).text).toBe('third')
})

test('a page once, or half a reply again and again, is asked for again', async () => {
  const page = () => new Response('<h1>Back soon</h1>')
  const half = () => new Response('{"id": "a", "choi')
  const fetch = playing(page, half, half, page, completion('said'))
  const client = createChatClient({ ...local, fetch, clock: createVirtualClock() })
  expect((await client.complete(say('hello'))).text).toBe('said')
})

test('waits double up to their limit and follow what the server asks', async () => {
  const clock = createVirtualClock()
  const waits: number[] = []
  const busy =
    (headers: Record<string, string> = {}) =>
    () =>
      new Response('', { status: 503, headers })
  const fetch = playing(busy(), busy(), busy({ 'retry-after': '7' }), busy(), completion('done'))
  const client = createChatClient({
    ...local,
    fetch,
    clock,
    onEvent: event => 'waitMs' in event && waits.push(event.waitMs),
  })
  await client.complete(say('hello'))
  const [first, second, third, fourth] = waits as [number, number, number, number]
  expect(third).toBe(7000)
  for (const [wait, full] of [
    [first, 500],
    [second, 1000],
    [fourth, 4000],
  ] as const) {
    expect(wait).toBeGreaterThanOrEqual(full / 2)
    expect(wait).toBeLessThanOrEqual(full)
  }
})

test('an abort ends a call on its way, waiting in line, and pausing', async () => {
  const server = await serve({ faults: { hang: 1 } })
  const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any', maxConcurrency: 1 })
  const controller = new AbortController()
  const calls = ['on its way', 'in line'].map(text =>
    client.complete(say(text), { signal: controller.signal }),
  )
  const settled = Promise.allSettled(calls)
  while (server.counts().faults === 0) await new Promise(resolve => setImmediate(resolve))
  const reason = new Error('enough')
  controller.abort(reason)
  expect(await settled).toEqual(calls.map(() => ({ status: 'rejected', reason })))
  await expect(client.complete(say('late'), { signal: controller.signal })).rejects.toBe(reason)
})

test('nothing is taken from the environment', async () => {
  const planted = {
    OPENAI_API_KEY: 'env-key-123456',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    OPENAI_ORG_ID: 'env-org-123456',
    OPENAI_PROJECT_ID: 'env-project-123456',
    OPENAI_LOG: 'debug',
  }
  Object.assign(process.env, planted)
  try {
    let sent = ''
    const spy: typeof fetch = (input, init) => {
      sent = JSON.stringify([input, [...new Headers(init?.headers)]])
      return fetch(input, init)
    }
    const server = await serve()
    const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'own-key', fetch: spy })
    await client.complete(say('hello'))
    expect(sent).toContain('Bearer own-key')
    for (const value of Object.values(planted).slice(0, 4)) expect(sent).not.toContain(value)
  } finally {
    for (const name of Object.keys(planted)) delete process.env[name]
  }
})

test('any number of calls may share a signal, which has one listener for them all', async () => {
  const server = await serve({ latency: 50 })
  const client = createChatClient({ model: 'local', baseURL: server.baseURL, apiKey: 'any' })
  const controller = new AbortController()
  const { signal } = controller
  const first = Array.from({ length: 40 }, (_, trial) =>
    client.complete({ ...say('hello'), trial }, { signal }),
  )
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  await Promise.all(first)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  const second = Array.from({ length: 40 }, (_, trial) =>
    client.complete({ ...say('hi'), trial }, { signal }),
  )
  controller.abort(new Error('enough'))
  for (const each of second) await expect(each).rejects.toThrow('enough')
  // Those that have their replies are not touched.
  expect((await Promise.all(first)).every(({ text }) => text === 'hello')).toBe(true)
})

test('a port that the web never asks is reported without waiting', async () => {
  const client = createChatClient({
    model: 'local',
    baseURL: 'http://127.0.0.1:6000/v1',
    apiKey: 'any',
    retryDelay: 1,
  })
  expect(await failureOf(client.complete(say('hello')))).toMatchObject({
    code: 'unreachable',
    details: { reason: 'bad port' },
  })
})
