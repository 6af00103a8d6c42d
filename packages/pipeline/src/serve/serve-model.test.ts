import { EventEmitter } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveSafetensors } from '@tinystories/model/files'
import { generate } from '@tinystories/model/generation'
import { loadTokenizer, trainTokenizer } from '@tinystories/tokenizer'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { generate as generateStories } from '../generate.ts'
import { openModel } from '../model/open-model.ts'
import { eventSender } from './answer-texts.ts'
import { type ModelServer, type ServedRequest, serveModel } from './serve-model.ts'

let folder: string
let server: ModelServer
let client: OpenAI
const log: ServedRequest[] = []
const waiters = new Set<() => void>()

/** The next request that the server has done with. */
async function logged(count: number): Promise<ServedRequest[]> {
  while (log.length < count)
    await new Promise<void>(resolve => {
      waiters.add(resolve)
    })
  return log
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-'))
  const config = gptConfig('sample', {
    vocabSize: 230,
    hiddenSize: 8,
    heads: 2,
    layers: 1,
    contextLength: 48,
    initializerRange: 0.3,
  })
  const tokenizer = await trainTokenizer(['the cat sat on a mat', 'the dog ran'], { vocabSize: 230 })
  for (const name of ['plain', 'instruct']) {
    const model = { ...config, vocabSize: tokenizer.vocabSize }
    await saveSafetensors(join(folder, name), { config: model, parameters: initParameterArrays(model, 1) })
    await tokenizer.save(join(folder, name, 'tokenizer.json'))
  }
  const template = {
    fields: { words: 'Words: {value}', summary: 'Summary: {value}' },
    text: '{fields} so: {story}',
  }
  await writeFile(join(folder, 'instruct', 'instruct.json'), JSON.stringify(template))
  server = await serveModel({
    model: join(folder, 'instruct'),
    port: 0,
    concurrency: 4,
    queue: 4,
    maxBodyBytes: 20_000,
    onRequest: request => {
      log.push(request)
      for (const wake of waiters) wake()
      waiters.clear()
    },
  })
  client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 })
})
afterEach(() => {
  log.length = 0
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const storyOf = async (options: object): Promise<string> => {
  let story = ''
  for await (const { text } of generateStories({
    model: join(folder, 'instruct'),
    prompt: '',
    seed: 5,
    temperature: 1,
    topP: 1,
    ...options,
  }))
    story += text
  return story
}

/** `the cat` at the beginning of a story. */
async function promptIds(): Promise<number[]> {
  const tokenizer = await loadTokenizer(join(folder, 'instruct'))
  return [tokenizer.endOfTextId!, ...tokenizer.encode('the cat', { addSpecialTokens: false }).ids]
}

describe('the official client', () => {
  test('lists the model', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['instruct'])
    expect((await client.models.retrieve('instruct')).owned_by).toBe('tinystories')
    await expect(client.models.retrieve('other')).rejects.toMatchObject({ status: 404 })
  })

  test('gets the texts that generate writes, many requests at the same time', async () => {
    const settings = { model: 'instruct', prompt: 'the cat', max_tokens: 30 }
    const expected = [
      await storyOf({ prompt: 'the cat', maxTokens: 30 }),
      await storyOf({ prompt: 'the cat', maxTokens: 30, seed: 6 }),
      await storyOf({ prompt: 'the cat', maxTokens: 30, temperature: 0 }),
    ]
    const stop = expected[0]!.slice(15, 18)
    const replies = await Promise.all([
      client.completions.create({ ...settings, seed: 5, n: 2 }),
      client.completions.create({ ...settings, temperature: 0 }),
      client.completions.create({ ...settings, seed: 5, echo: true, stop: [stop] }),
    ])
    expect(replies[0].choices.map(({ text }) => `the cat${text}`)).toEqual(expected.slice(0, 2))
    expect(`the cat${replies[1].choices[0]!.text}`).toBe(expected[2])
    expect(replies[2].choices[0]!.text).toBe(expected[0]!.slice(0, expected[0]!.indexOf(stop, 7)))
    expect(replies[2].choices[0]!.finish_reason).toBe('stop')
    const count = (await promptIds()).length
    expect(replies[1].usage).toEqual({
      prompt_tokens: count,
      completion_tokens: 30,
      total_tokens: count + 30,
    })
    expect(replies[1].choices[0]!.finish_reason).toBe('length')
  })

  test('gets the same as a stream, piece by piece', async () => {
    const settings = { model: 'instruct', prompt: ['the cat', 'a dog'], max_tokens: 12, seed: 1 }
    const whole = await client.completions.create(settings)
    const texts = ['', '']
    const reasons: string[] = []
    let events = 0
    const stream = { ...settings, stream: true, stream_options: { include_usage: true } } as const
    for await (const { choices, usage } of await client.completions.create(stream)) {
      events++
      for (const { index, text, finish_reason: reason } of choices) {
        texts[index] += text
        if (reason) reasons.push(reason)
      }
      if (choices.length === 0) expect(usage).toEqual(whole.usage)
    }
    expect(texts).toEqual(whole.choices.map(({ text }) => text))
    expect(reasons).toEqual(['length', 'length'])
    expect(events).toBeGreaterThan(12)
  })

  test('gets log-probabilities that are those of the model, with the texts joining to the whole', async () => {
    const reply = await client.completions.create({
      model: 'instruct',
      prompt: 'the cat',
      max_tokens: 9,
      temperature: 0,
      logprobs: 2,
      echo: true,
    })
    const [choice] = reply.choices
    const { tokens, token_logprobs: logprobs, top_logprobs: top, text_offset: offsets } = choice!.logprobs!
    expect(tokens!.join('')).toBe(choice!.text)
    expect(offsets).toEqual(tokens!.map((_, i) => tokens!.slice(0, i).join('').length))
    await using opened = await openModel(join(folder, 'instruct'))
    const { model } = opened
    const prompt = await promptIds()
    // The token that begins a story is not shown.
    const shown = prompt.length - 1
    const expected: number[] = []
    for await (const { logProbability } of generate(model, prompt, { temperature: 0, maxTokens: 9 }))
      expected.push(logProbability)
    expect(logprobs!.slice(shown)).toEqual(expected)
    // Greedy: the best alternative is the one that was taken.
    for (const [i, alternatives] of top!.slice(shown).entries())
      expect(alternatives![tokens![i + shown]!]).toBe(expected[i])
    expect(logprobs!.slice(0, shown).every(value => value! < 0)).toBe(true)
  })

  test('chats: a message is what should happen, fields are fields, a beginning is continued', async () => {
    const settings = { model: 'instruct', seed: 5, max_completion_tokens: 10 }
    const chat = async (...messages: OpenAI.ChatCompletionMessageParam[]): Promise<string> =>
      (await client.chat.completions.create({ ...settings, messages })).choices[0]!.message.content!
    const user = (content: string) => ({ role: 'user', content }) as const
    const ask = { maxTokens: 10 }
    const [asked, fields, continued] = await Promise.all([
      chat(user('the dog ran')),
      chat(user('an earlier one'), { role: 'assistant', content: 'x' }, user('Words: cat, dog')),
      chat(user('the dog ran'), { role: 'assistant', content: 'a cat' }),
    ])
    expect(asked).toBe(await storyOf({ ...ask, ask: { summary: 'the dog ran' } }))
    expect(fields).toBe(await storyOf({ ...ask, ask: { words: ['cat', 'dog'] } }))
    expect(`a cat${continued}`).toBe(
      await storyOf({ ...ask, ask: { summary: 'the dog ran' }, prompt: 'a cat' }),
    )
    const stream = await client.chat.completions.create({
      ...settings,
      messages: [user('the dog ran')],
      stream: true,
      logprobs: true,
      top_logprobs: 2,
    })
    let text = ''
    let tokens = ''
    for await (const { choices } of stream) {
      text += choices[0]!.delta.content ?? ''
      for (const { token, top_logprobs: top } of choices[0]!.logprobs!.content!) {
        tokens += token
        expect(top).toHaveLength(2)
      }
    }
    expect(text).toBe(asked)
    expect(tokens).toBe(asked)
  })

  test('leaves in the middle of a stream, and the generation ends', async () => {
    // What is drawn may end at once; the likeliest tokens go on for longer than the test may take.
    const settings = { model: 'instruct', prompt: 'the cat', temperature: 0 } as const
    const endless = { ...settings, max_tokens: 100_000_000, stream: true } as const
    for await (const _ of await client.completions.create(endless)) break
    const [request] = await logged(1)
    expect(request).toMatchObject({ path: '/v1/completions', status: 499 })
    // Its place is free again.
    const all = Array.from({ length: 8 }, () => client.completions.create({ ...settings, max_tokens: 2 }))
    expect((await Promise.all(all)).map(({ usage }) => usage!.completion_tokens)).toEqual(Array(8).fill(2))
  })
})

test('every text of a request has a seed of its own, at the largest seed too', async () => {
  const settings = { model: 'instruct', prompt: 'the cat', max_tokens: 12, n: 4 }
  const { choices } = await client.completions.create({ ...settings, seed: Number.MAX_SAFE_INTEGER })
  expect(new Set(choices.map(({ text }) => text)).size).toBe(4)
})

/** What a raw connection got, and its end. */
function connected(text: string): { socket: Socket; received: () => string; closed: Promise<void> } {
  let received = ''
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text))
  socket.setEncoding('utf8').on('data', piece => {
    received += piece
  })
  const closed = new Promise<void>(resolve => socket.on('error', () => {}).on('close', () => resolve()))
  return { socket, received: () => received, closed }
}

test('an answer comes after all of the body, whatever it says', async () => {
  for (const path of ['/v1/files', '/v1/models', '/v1/completions']) {
    const { socket, received } = connected(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 8\r\n\r\n{"a"`,
    )
    await fetch(`${server.url}/models`)
    expect(received()).toBe('')
    socket.write(': 1}')
    await expect.poll(received).toMatch(/^HTTP\/1.1 4\d\d /)
    socket.destroy()
  }
})

test('one who leaves in the middle of a body is no error of the server', async () => {
  const { socket } = connected(
    'POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 8\r\n\r\n{"a"',
  )
  await fetch(`${server.url}/models`)
  socket.destroy()
  const [, left] = await logged(2)
  expect(left).toMatchObject({ path: '/v1/completions', status: 499 })
  expect(left).not.toHaveProperty('error')
})

test('headers that are too large are said to be', async () => {
  const { received, closed } = connected(`GET /v1/models HTTP/1.1\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`)
  await closed
  expect(received()).toMatch(/^HTTP\/1.1 431 [\s\S]*"The headers of the request are too large."/)
})

test('a client that reads nothing of its stream is cut off', async () => {
  const gone = new AbortController()
  const response = Object.assign(new EventEmitter(), {
    writeHead() {},
    write: () => false,
    destroy: () => gone.abort(new Error('cut off')),
  })
  const send = eventSender(response as unknown as ServerResponse, gone.signal, 1)
  await expect(send({})).rejects.toMatchObject({ cause: { message: 'cut off' } })
})

describe('refuses in one line', () => {
  const base = { model: 'instruct', prompt: 'the cat' }
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    })

  test.each([
    ['a field that is not known', { ...base, color: 1 }, 400, 'unknown_parameter', 'color'],
    ['what it cannot do', { ...base, presence_penalty: 0.5 }, 400, 'invalid_value', 'presence_penalty'],
    ['a number out of range', { ...base, temperature: 3 }, 400, 'invalid_value', 'temperature'],
    ['an empty stop text', { ...base, stop: [''] }, 400, 'invalid_value', 'stop'],
    ['a missing field', { prompt: 'a' }, 400, 'missing_required_parameter', 'model'],
    ['another model', { ...base, model: 'gpt-4o' }, 404, 'model_not_found', 'model'],
    ['a token out of the vocabulary', { ...base, prompt: [9999] }, 400, 'invalid_value', 'prompt'],
    [
      'a prompt beyond the context',
      { ...base, prompt: 'a '.repeat(50) },
      400,
      'context_length_exceeded',
      'prompt',
    ],
    ['more texts than it ever takes', { ...base, n: 9 }, 400, null, 'n'],
    ['a list', [], 400, null, null],
  ])('%s', async (_, body, status, code, param) => {
    const reply = await post('/completions', JSON.stringify(body))
    expect(reply.status).toBe(status)
    const { error } = (await reply.json()) as { error: Record<string, unknown> }
    expect(error).toMatchObject({ type: 'invalid_request_error', code, param })
    expect(error.message).toMatch(/^[^\n]+$/)
  })

  test.each([
    ['bad JSON', '{"model": ', {}, 400],
    ['JSON that is nested too deeply', `${'['.repeat(40)}${']'.repeat(40)}`, {}, 400],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]) as unknown as string, {}, 400],
    ['a page of another origin', '{}', { 'content-type': 'text/plain' }, 415],
    ['a body that is too large', `"${'x'.repeat(3_000_000)}"`, {}, 413],
  ])('%s', async (_, body, headers, status) => {
    const reply = await post('/completions', body, headers)
    expect(reply.status).toBe(status)
    expect(((await reply.json()) as { error: object }).error).toMatchObject({ type: 'invalid_request_error' })
  })

  test('paths, methods, and names that stand for this machine', async () => {
    expect((await fetch(`${server.url}/files`)).status).toBe(404)
    expect((await fetch(`${server.url}/completions`)).status).toBe(405)
    const { port } = new URL(server.url)
    const statusOf = (request: { path: string; headers?: Record<string, string> }) =>
      new Promise<number | undefined>((resolve, reject) => {
        httpRequest({ host: '127.0.0.1', port, ...request }, reply => {
          reply.resume()
          resolve(reply.statusCode)
        })
          .on('error', reject)
          .end()
      })
    const rebound = await statusOf({ path: '/v1/models', headers: { host: `evil.example:${port}` } })
    expect(rebound).toBe(403)
    // A target that is no path must not end the server, wherever it is read.
    for (const path of ['//', '/%ff', 'http://'])
      expect([path, await statusOf({ path })]).toEqual([path, 400])
    const garbage = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('no HTTP\r\n\r\n'))
      let text = ''
      socket
        .setEncoding('utf8')
        .on('data', piece => {
          text += piece
        })
        .on('error', reject)
        .on('close', () => resolve(text))
    })
    expect(garbage).toMatch(/^HTTP\/1.1 400 [\s\S]*"This is no HTTP request."/)
  })

  test('what is more than it can hold at a time', async () => {
    const hold = { ...base, temperature: 0, max_tokens: 100_000_000, n: 4, stream: true } as const
    const held = [await client.completions.create(hold)]
    // Four are generated, four wait; a ninth is one too many.
    const leave = new AbortController()
    const waiting = client.completions.create(hold, { signal: leave.signal })
    await expect
      .poll(() =>
        client.completions.create({ ...base, max_tokens: 1 }).then(
          () => 200,
          ({ status }) => status,
        ),
      )
      .toBe(429)
    leave.abort()
    await expect(waiting).rejects.toThrow()
    held[0]!.controller.abort()
  })
})

test('asks for its key, says what it does not know, and closes in the middle of a stream', async () => {
  const own = await serveModel({ model: join(folder, 'plain'), port: 0, apiKey: 'secret-key' })
  const { port } = new URL(own.url)
  await expect(serveModel({ model: join(folder, 'plain'), port: Number(port) })).rejects.toMatchObject({
    name: 'PipelineError',
    code: 'port-in-use',
    details: { port: Number(port) },
  })
  const stranger = new OpenAI({ baseURL: own.url, apiKey: 'guess', maxRetries: 0 })
  await expect(stranger.models.list()).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
  const friend = new OpenAI({ baseURL: own.url, apiKey: 'secret-key', maxRetries: 0 })
  await expect(
    friend.chat.completions.create({ model: 'plain', messages: [{ role: 'user', content: 'a' }] }),
  ).rejects.toMatchObject({ status: 400, code: 'unsupported_model' })
  const endless = { temperature: 0, max_tokens: 100_000_000, stream: true } as const
  const settings = { model: 'plain', prompt: 'the cat', ...endless } as const
  const stream = await friend.completions.create(settings)
  // Nor does one keep it open that has sent half a request.
  const half = connect(Number(port), '127.0.0.1', () =>
    half.write(
      'POST /v1/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer secret-key\r\ncontent-length: 8\r\n\r\n{',
    ),
  )
  half.on('error', () => {})
  let closed: Promise<void> | undefined
  await expect(
    (async () => {
      for await (const _ of stream) closed ??= own.close()
    })(),
  ).rejects.toThrow(/The server is closing/)
  await closed
})
