import { describe, expect, test } from 'vitest'
import { type ChatClientOptions, type ChatRequest, createChatClient, LlmError, providers } from '../index.ts'
import { failureOf } from '../test-helpers/failure-of.ts'
import { say, serve } from '../test-helpers/serve.ts'
import { temporaryFolder } from '../test-helpers/temporary-folder.ts'
import type { EmulatedProvider } from '../testing/index.ts'

/** What a judge is asked: everything that some provider refuses. */
const judging = (text: string): ChatRequest => ({
  ...say(text),
  temperature: 0,
  seed: 1,
  maxTokens: 600,
  topLogprobs: 5,
  responseFormat: {
    name: 'scores',
    schema: { type: 'object', properties: { grammar: { type: 'integer' } } },
  },
})
const answer = '{"grammar": 7}'
const count = 300

const emulated: [EmulatedProvider, url: string, model: string][] = [
  ['openai-reasoning', 'https://api.openai.com/v1', 'gpt-5-mini'],
  ['azure', 'https://x.openai.azure.com/openai/v1', 'deployed'],
  ['anthropic', 'https://api.anthropic.com/v1', 'claude-sonnet-4-5'],
  ['gemini', 'https://generativelanguage.googleapis.com/v1beta/openai', 'gemini-2.5-flash'],
  ['mistral', 'https://api.mistral.ai/v1', 'magistral-small'],
  ['groq', 'https://api.groq.com/openai/v1', 'openai/gpt-oss-20b'],
  ['openrouter', 'https://openrouter.ai/api/v1', 'meta-llama/llama-3.3-70b'],
  ['deepseek', 'https://api.deepseek.com/v1', 'deepseek-chat'],
  ['vllm', 'http://localhost:8000/v1', 'qwen'],
  ['llama.cpp', 'http://localhost:8080/v1', 'local'],
  ['ollama', 'http://localhost:11434/v1', 'llama3.2'],
  ['lm-studio', 'http://localhost:1234/v1', 'local'],
]
/** Blocked by the moderation of those that have one. */
const isBlocked = (i: number): boolean => i % 50 === 7
const hasModeration = (provider: EmulatedProvider): boolean =>
  provider === 'azure' || provider === 'openrouter'

async function judgeAll(options: ChatClientOptions): Promise<(string | LlmError['code'])[]> {
  const client = createChatClient({ retryDelay: 1, ...options })
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      client.complete(judging(`${i} ${isBlocked(i) ? 'forbidden' : 'allowed'}`)).then(
        ({ text }) => text,
        (error: unknown) => {
          if (!LlmError.isInstance(error)) throw error
          return error.code
        },
      ),
    ),
  )
}

describe.each(emulated)('%s', (provider, url, model) => {
  const expected = Array.from({ length: count }, (_, i) =>
    hasModeration(provider) && isBlocked(i) ? 'moderated' : answer,
  )
  const paid = expected.filter(each => each === answer).length

  test('300 requests to an unknown address: each is answered once and paid once', async () => {
    const server = await serve({ provider, respond: () => answer, latency: [0, 3] })
    const cacheDir = await temporaryFolder()
    const events: string[] = []
    const options = {
      model: 'unknown',
      baseURL: server.baseURL,
      apiKey: 'any',
      cacheDir,
      // A model that thinks is not known as one here.
      ...((provider === 'openai-reasoning' || provider === 'gemini') && { model }),
      onEvent: ({ type }: { type: string }) => events.push(type),
    }
    expect(await judgeAll(options)).toEqual(expected)
    expect(server.counts().delivered).toBe(paid)
    // What one call learns, others need not; only those under way at the same time are refused too.
    expect(events.filter(type => type === 'adapted').length).toBeLessThanOrEqual(4)
    // Again, nothing is paid.
    expect(await judgeAll(options)).toEqual(expected)
    expect(server.counts().delivered).toBe(paid)
  })

  test('300 requests to its own address: the table leaves nothing to learn', async () => {
    const server = await serve({ provider, respond: () => answer, latency: [0, 3] })
    const learned: object[] = []
    const fetched: typeof fetch = (input, init) => fetch(String(input).replace(url, server.baseURL), init)
    const options: ChatClientOptions = {
      model,
      baseURL: url,
      apiKey: 'any',
      fetch: fetched,
      onEvent: event => event.type === 'adapted' && learned.push(event),
    }
    expect(await judgeAll(options)).toEqual(expected)
    expect(server.counts().delivered).toBe(paid)
    // Servers of one's own, and LM Studio's models without structured output, have no address that tells.
    const isKnown = !['vllm', 'llama.cpp', 'ollama', 'lm-studio'].includes(provider)
    if (isKnown) expect(learned).toEqual([])
  })
})

test('a server that learns does not lose calls under way, and asks no more in the old way', async () => {
  const server = await serve({ provider: 'openai-reasoning', respond: () => answer, latency: 2 })
  const client = createChatClient({
    model: 'unnamed',
    baseURL: server.baseURL,
    apiKey: 'any',
    maxConcurrency: 12,
  })
  const request = { ...say('one'), maxTokens: 5000, temperature: 0 }
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, i) => client.complete({ ...request, ...say(`${i}`) })),
  )
  expect(replies.map(({ text }) => text)).toEqual(replies.map(() => answer))
  const { rejected } = server.counts()
  await client.complete({ ...request, ...say('later') })
  expect(server.counts().rejected).toBe(rejected)
  expect(server.counts().delivered).toBe(13)
})

test('a schema that is not taken is given in words', async () => {
  const bodies: { messages: { content: string }[]; response_format?: object }[] = []
  const server = await serve({
    provider: 'lm-studio',
    respond: ({ body }) => {
      bodies.push(body as never)
      return answer
    },
  })
  const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any' })
  const request = judging('Judge this.')
  await client.complete(request)
  expect(bodies).toHaveLength(1)
  expect(bodies[0]!.response_format).toBeUndefined()
  expect(bodies[0]!.messages[0]!.content).toContain(JSON.stringify(request.responseFormat!.schema))
  expect(request.messages[0]!.content).toBe('Judge this.')
})

test('a limit that is given by name is never asked for by another', async () => {
  const server = await serve({ provider: 'openai-reasoning' })
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    maxTokensField: 'max_tokens',
  })
  expect(await failureOf(client.complete({ ...say('a'), maxTokens: 9 }))).toMatchObject({
    code: 'request-refused',
    details: { parameter: 'max_tokens', status: 400 },
  })
})

test('a refusal that teaches nothing ends the call, and a server that refuses in circles ends it too', async () => {
  let sent = 0
  const refusing =
    (error: object, status = 400): typeof fetch =>
    async () => {
      sent++
      return Response.json({ error }, { status })
    }
  const ask = (fetch: typeof globalThis.fetch) =>
    failureOf(
      createChatClient({ model: 'm', baseURL: 'http://localhost/v1', apiKey: 'any', fetch }).complete({
        ...say('a'),
        maxTokens: 9,
        temperature: 0,
      }),
    )
  const tooLong = {
    message: 'max_tokens is too large: 9. At most 4 are possible.',
    param: 'max_tokens',
    code: 'invalid_value',
  }
  expect(await ask(refusing(tooLong))).toMatchObject({
    code: 'request-refused',
    details: { parameter: 'max_tokens' },
  })
  expect(sent).toBe(1)
  sent = 0
  const circular = {
    message: 'This parameter is not supported',
    param: 'max_tokens',
    code: 'unsupported_parameter',
  }
  const either = async (_: unknown, init?: RequestInit): Promise<Response> => {
    sent++
    const param = String(init?.body).includes('max_completion_tokens')
      ? 'max_completion_tokens'
      : 'max_tokens'
    return Response.json({ error: { ...circular, param } }, { status: 400 })
  }
  expect((await ask(either as typeof fetch)).code).toBe('request-refused')
  expect(sent).toBe(9)
})

test.each([
  [402, { error: { message: 'Insufficient Balance' } }, 'quota-exceeded'],
  [429, { error: { message: 'You exceeded your quota.', code: 'insufficient_quota' } }, 'quota-exceeded'],
  [
    400,
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
    },
    'quota-exceeded',
  ],
  [403, { error: { message: 'Key may not do this.' } }, 'authentication'],
  [
    400,
    [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }],
    'request-refused',
  ],
  [
    400,
    [
      {
        error: {
          code: 400,
          message: 'API key not valid.',
          status: 'INVALID_ARGUMENT',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
        },
      },
    ],
    'authentication',
  ],
  [404, { error: 'model "x" not found, try pulling it first' }, 'unknown-model'],
  [404, { detail: 'Not Found' }, 'unknown-endpoint'],
  [405, 'Method Not Allowed', 'unknown-endpoint'],
  [400, { error: { message: 'No such model', code: 'model_not_found' } }, 'unknown-model'],
  [400, { error: { message: 'flagged', code: 'invalid_prompt' } }, 'moderated'],
  [413, '<html>Too large</html>', 'request-refused'],
])('%i %j is %s, asked once', async (status, body, code) => {
  let sent = 0
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const fetch: typeof globalThis.fetch = async () => {
    sent++
    return new Response(text, { status })
  }
  const client = createChatClient({ model: 'm', baseURL: 'http://localhost/v1', apiKey: 'any', fetch })
  const error = await failureOf(client.complete(say('a')))
  expect(error).toMatchObject({ code, details: { status, server: 'http://localhost/v1' } })
  expect(sent).toBe(1)
  const { said } = error.details as { said: string }
  if (Array.isArray(body)) expect(said).toBe('API key not valid.')
  if (text.startsWith('<')) expect(said).toBe('')
})

test('JSON that is no completion is paid at most twice', async () => {
  let sent = 0
  const fetch: typeof globalThis.fetch = async () => {
    sent++
    return Response.json({ choices: [] })
  }
  const client = createChatClient({
    model: 'm',
    baseURL: 'http://localhost/v1',
    apiKey: 'any',
    fetch,
    retryDelay: 1,
  })
  expect(await failureOf(client.complete(say('a')))).toMatchObject({
    code: 'invalid-reply',
    details: { problem: 'no-completion' },
  })
  expect(sent).toBe(2)
})

test('every row of the table has a name, and at least one host or model', () => {
  for (const { name, host, model } of providers) {
    expect(name).not.toBe('')
    expect(host ?? model).toBeInstanceOf(RegExp)
  }
})
