import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import {
  AuthenticationError,
  createChatClient,
  DeadlineError,
  InvalidRequestError,
  LlmError,
  ServerFailureError,
  UnknownModelError,
} from './index.ts'
import { say, serve } from './test-helpers/serve.ts'

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
  // Reasoning models know the limit under another name only.
  await createChatClient({ model: 'o3-mini', ...base }).complete({ ...say('hello'), maxTokens: 9 })
  expect(seen).toMatchObject({ max_completion_tokens: 9 })
  expect(seen).not.toHaveProperty('max_tokens')
})

test('a server that refuses max_tokens is asked with the newer name, once for all', async () => {
  const bodies: object[] = []
  const server = await serve({
    respond: ({ body }) => {
      bodies.push(body)
      return 'hello'
    },
  })
  const refusing: typeof fetch = async (input, init) => {
    if (!String(init?.body).includes('"max_tokens"')) return fetch(input, init)
    bodies.push(JSON.parse(String(init?.body)))
    const message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    return Response.json({ error: { message, type: 'invalid_request_error' } }, { status: 400 })
  }
  const client = createChatClient({ model: 'new', baseURL: server.baseURL, apiKey: 'any', fetch: refusing })
  await client.complete({ ...say('one'), maxTokens: 5 })
  await client.complete({ ...say('two'), maxTokens: 5 })
  expect(bodies.map(body => Object.keys(body).at(-1))).toEqual([
    'max_tokens',
    'max_completion_tokens',
    'max_completion_tokens',
  ])
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

/** The error of a call, which must be one line that ends in a remedy. */
async function lineOf(promise: Promise<unknown> | (() => unknown)): Promise<Error> {
  const error: Error = await Promise.resolve()
    .then(() => (typeof promise === 'function' ? promise() : promise))
    .then(
      () => expect.fail('no error came'),
      (error: Error) => error,
    )
  expect(error.message).not.toContain('\n')
  expect(error.message).toMatch(/\. [A-Z][^.]*.*\.$/)
  expect(LlmError.isInstance(error)).toBe(true)
  return error
}

test('bad input is told in one line with a remedy', async () => {
  const server = await serve({ apiKey: 'right', models: ['known'] })
  const ask = (options: object, request: object = {}) =>
    lineOf(() =>
      createChatClient({ model: 'known', baseURL: server.baseURL, apiKey: 'right', ...options }).complete({
        ...say('hello'),
        ...request,
      }),
    )
  expect(await ask({ apiKey: '' })).toBeInstanceOf(AuthenticationError)
  expect(await ask({ apiKey: 'right\n' })).toBeInstanceOf(AuthenticationError)
  expect(await ask({ apiKey: 'wrong' })).toBeInstanceOf(AuthenticationError)
  expect(await ask({ model: 'unknown' })).toBeInstanceOf(UnknownModelError)
  expect(await ask({ baseURL: 'localhost' })).toBeInstanceOf(InvalidRequestError)
  expect(await ask({ baseURL: server.baseURL.replace('/v1', '/v2') })).toBeInstanceOf(UnknownModelError)
  expect(await ask({}, { messages: [] })).toBeInstanceOf(InvalidRequestError)
  expect(await ask({}, { temperature: 3 })).toBeInstanceOf(InvalidRequestError)
  expect((await ask({ timeout: 0 })).message).toContain('timeout is 0')
  expect((await ask({ budget: 1 })).message).toContain('what known costs is not known')
  const small = await ask({ budget: 1e-6, prices: { input: 1, output: 1 } }, { maxTokens: 100 })
  expect(small.name).toBe('BudgetExceededError')
  expect(small.message).toContain('too small for one call')
  expect(server.counts().delivered).toBe(0)
})

test('a server that is not there is told after few tries', async () => {
  const server = await serve()
  await server.close()
  const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any', retryDelay: 1 })
  const error = await lineOf(client.complete(say('hello')))
  expect(error).toBeInstanceOf(ServerFailureError)
  expect(error.message).toContain('cannot be reached')
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
  const error = await lineOf(client.complete(say('hello')))
  expect(error).toBeInstanceOf(ServerFailureError)
  expect((error as ServerFailureError).status).toBeGreaterThanOrEqual(500)
  expect(server.counts().requests).toBe(4)
  expect(events).toEqual(['retry', 'retry', 'retry', 'retry'].slice(0, 4))
})

test('an account without credit is not asked again', async () => {
  const broke: typeof fetch = async () =>
    Response.json(
      { error: { message: 'You exceeded your quota.', code: 'insufficient_quota' } },
      { status: 429 },
    )
  const client = createChatClient({ model: 'm', baseURL: 'http://localhost/v1', apiKey: 'any', fetch: broke })
  expect((await lineOf(client.complete(say('hello')))).name).toBe('QuotaExceededError')
})

test('a reply that never ends is given up and asked for again', async () => {
  const server = await serve({ faults: { hang: 1 } })
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    timeout: 100,
    maxRetries: 1,
    retryDelay: 1,
  })
  expect(await lineOf(client.complete(say('hello')))).toBeInstanceOf(DeadlineError)
  expect(server.counts().requests).toBe(2)
})

test('the deadline ends tries and pauses', async () => {
  const server = await serve({ requestsPerSecond: 0.001 })
  const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any', deadline: 5000 })
  await client.complete(say('first'))
  // The server asks to come back in a quarter of an hour: there is no use in waiting for the deadline.
  expect(await lineOf(client.complete(say('second')))).toBeInstanceOf(DeadlineError)
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

test('a port that the web never asks is told at once', async () => {
  const client = createChatClient({
    model: 'local',
    baseURL: 'http://127.0.0.1:6000/v1',
    apiKey: 'any',
    retryDelay: 1,
  })
  await expect(client.complete(say('hello'))).rejects.toThrow(
    /cannot be reached \(bad port\)\. Check the address/,
  )
})
