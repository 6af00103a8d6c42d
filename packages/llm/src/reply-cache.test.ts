import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cacheKey } from './cache/cache-key.ts'
import { openReplyCache } from './cache/reply-cache.ts'
import { type ChatReply, cachedCost, createChatClient } from './index.ts'
import { failureOf } from './test-helpers/failure-of.ts'
import { say, serve } from './test-helpers/serve.ts'
import { temporaryFolder } from './test-helpers/temporary-folder.ts'

test('a reply is paid once, for this client and the next', async () => {
  const server = await serve()
  const options = {
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    cacheDir: await temporaryFolder(),
    prices: { input: 1, output: 1 },
  }
  const client = createChatClient(options)
  const first = await client.complete(say('a b'))
  const again = await client.complete(say('a b'))
  expect(again).toEqual({ ...first, cached: true })
  const next = createChatClient(options)
  expect(await next.complete(say('a b'))).toEqual({ ...first, cached: true })
  expect(next.account()).toMatchObject({ requests: 0, cacheHits: 1, cost: 0 })
  expect(server.counts().requests).toBe(1)
})

test('the key depends on everything that changes the reply, and on nothing else', async () => {
  const base = { ...say('a'), temperature: 1, maxTokens: 5 }
  const key = await cacheKey('http://a/v1', 'm', base)
  expect(await cacheKey('http://a/v1', 'm', { maxTokens: 5, temperature: 1, ...say('a'), trial: 0 })).toBe(
    key,
  )
  const schema = { type: 'object', properties: { a: {}, b: {} } }
  const turned = { properties: { b: {}, a: {} }, type: 'object' }
  const withSchema = await cacheKey('http://a/v1', 'm', { ...base, responseFormat: { name: 'x', schema } })
  expect(await cacheKey('http://a/v1', 'm', { ...base, responseFormat: { name: 'x', schema: turned } })).toBe(
    withSchema,
  )
  const others = [
    cacheKey('http://b/v1', 'm', base),
    cacheKey('http://a/v1', 'n', base),
    cacheKey('http://a/v1', 'm', { ...base, reasoning: 'low' }),
    cacheKey('http://a/v1', 'm', { ...base, trial: 1 }),
    cacheKey('http://a/v1', 'm', { ...base, temperature: 0 }),
    cacheKey('http://a/v1', 'm', { ...base, topP: 1 }),
    cacheKey('http://a/v1', 'm', { ...base, maxTokens: 6 }),
    cacheKey('http://a/v1', 'm', { ...base, seed: 1 }),
    cacheKey('http://a/v1', 'm', { ...base, stop: ['x'] }),
    cacheKey('http://a/v1', 'm', { ...base, topLogprobs: 1 }),
    cacheKey('http://a/v1', 'm', { ...base, ...say('b') }),
    cacheKey('http://a/v1', 'm', { ...base, messages: [{ role: 'system', content: 'a' }] }),
    withSchema,
  ]
  expect(new Set([key, ...(await Promise.all(others))]).size).toBe(others.length + 1)
})

test('the same call made many times at once is made once; one caller may leave', async () => {
  const server = await serve({ latency: 20 })
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    cacheDir: await temporaryFolder(),
  })
  const controller = new AbortController()
  const leaver = client.complete(say('a b'), { signal: controller.signal })
  const others = Array.from({ length: 20 }, () => client.complete(say('a b')))
  controller.abort(new Error('left'))
  await expect(leaver).rejects.toThrow('left')
  const replies = await Promise.all(others)
  expect(replies.every(({ text }) => text === 'b a')).toBe(true)
  expect(server.counts().requests).toBe(1)
  // When all leave, the call ends, and the next one starts over.
  const alone = new AbortController()
  const last = client.complete(say('c d'), { signal: alone.signal })
  alone.abort(new Error('left'))
  await expect(last).rejects.toThrow('left')
  expect((await client.complete(say('c d'))).text).toBe('d c')
})

test('a folder of another version, or of another program, is refused in one line', async () => {
  const server = await serve()
  const ask = (cacheDir: string) =>
    createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any', cacheDir }).complete(say('a'))
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'cache.json'), '{"kind":"tinystories-llm-cache","version":99}')
  expect(await failureOf(ask(folder))).toMatchObject({
    code: 'foreign-cache',
    details: { folder, version: 99, expected: 2 },
  })
  await writeFile(join(folder, 'cache.json'), '[]')
  expect(await failureOf(ask(folder))).toMatchObject({
    code: 'foreign-cache',
    details: { version: undefined },
  })
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  expect(await failureOf(ask(file))).toMatchObject({ code: 'cache-unusable', details: { folder: file } })
  expect(server.counts().requests).toBe(0)
})

test('what a disk has damaged is asked for again and replaced', async () => {
  const folder = await temporaryFolder()
  const cache = await openReplyCache(folder)
  const key = await cacheKey('http://a/v1', 'm', say('a'))
  const reply = {
    text: 'one',
    finishReason: 'stop',
    model: 'm',
    usage: { inputTokens: 1, outputTokens: 1 },
    cost: undefined,
  }
  await mkdir(join(folder, key.slice(0, 2)))
  const path = join(folder, key.slice(0, 2), `${key}.json`)
  const entry = { key, paid: 1, spent: 0, reply }
  for (const damaged of [
    '{"key":"',
    'null',
    JSON.stringify({ ...entry, key: 'another' }),
    JSON.stringify({ ...entry, reply: { ...reply, text: 3 } }),
    JSON.stringify({ ...entry, reply: { ...reply, usage: { inputTokens: '<img>', outputTokens: 1 } } }),
  ]) {
    await writeFile(path, damaged)
    expect(await cache.get(key)).toBeUndefined()
  }
  await cache.put(key, { model: 'm', request: say('a'), reply })
  expect(await cache.get(key)).toEqual({ ...reply, cost: undefined })
  // The first of two writers stays.
  expect(
    await cache.put(key, { model: 'm', request: say('a'), reply: { ...reply, text: 'two' } }),
  ).toMatchObject({
    text: 'one',
  })
  const files = await readdir(folder, { recursive: true })
  expect(files.filter(file => file.endsWith('.part'))).toEqual([])
  expect(await readFile(join(folder, 'cache.json'), 'utf8')).toContain('"version":2')
})

test('a cut or empty reply is drawn once more, and paid at most twice, by whoever asks', async () => {
  let paid = 0
  const wire = (content: string | null, finish_reason: string) => async () => {
    paid++
    const usage = { prompt_tokens: 1000, completion_tokens: 1000 }
    return Response.json({ model: 'm', choices: [{ message: { content }, finish_reason }], usage })
  }
  const prices = { input: 100, output: 100 }
  for (const [content, reason] of [
    ['Grammar: 1', 'length'],
    [null, 'length'],
    ['  ', 'stop'],
  ] as const) {
    paid = 0
    const cacheDir = await temporaryFolder()
    const ask = (fetch: typeof globalThis.fetch): Promise<ChatReply> =>
      createChatClient({
        model: 'm',
        baseURL: 'http://localhost/v1',
        apiKey: 'any',
        cacheDir,
        fetch,
        prices,
      }).complete(say('a'))
    expect(await ask(wire(content, reason))).toMatchObject({
      text: content ?? '',
      finishReason: reason,
      cached: false,
    })
    expect(await ask(wire(content, reason))).toMatchObject({ finishReason: reason, cached: false })
    expect(await ask(wire(content, reason))).toMatchObject({ finishReason: reason, cached: true })
    expect(paid).toBe(2)
    expect(await cachedCost(cacheDir)).toBeCloseTo(0.4, 12)
    // A whole reply replaces a cut one, and stays.
    const other = await temporaryFolder()
    const options = { model: 'm', baseURL: 'http://localhost/v1', apiKey: 'any', cacheDir: other, prices }
    await createChatClient({ ...options, fetch: wire(content, reason) }).complete(say('a'))
    await createChatClient({ ...options, fetch: wire('whole', 'stop') }).complete(say('a'))
    const last = await createChatClient({ ...options, fetch: wire('never asked', 'stop') }).complete(say('a'))
    expect(last).toMatchObject({ text: 'whole', cached: true })
    expect(await cachedCost(other)).toBeCloseTo(0.4, 12)
  }
  paid = 0
  const cacheDir = await temporaryFolder()
  const filtered = {
    model: 'm',
    baseURL: 'http://localhost/v1',
    apiKey: 'any',
    cacheDir,
    fetch: wire('', 'content_filter'),
  }
  for (let i = 0; i < 3; i++) await createChatClient(filtered).complete(say('a'))
  expect(paid).toBe(1)
})

test('servers do not share replies, and files are for their owner alone', async () => {
  const servers = await Promise.all(['one', 'two'].map(text => serve({ respond: () => text })))
  const cacheDir = await temporaryFolder()
  for (const [i, { baseURL }] of servers.entries()) {
    const client = createChatClient({ model: 'm', baseURL, apiKey: 'any', cacheDir })
    expect(await client.complete(say('a'))).toMatchObject({ text: ['one', 'two'][i], cached: false })
  }
  const entries = await readdir(cacheDir, { recursive: true, withFileTypes: true })
  const modes = await Promise.all(
    entries.map(async each => {
      const { mode } = await stat(join(each.parentPath, each.name))
      return `${each.isFile() ? 'file' : 'folder'} ${(mode & 0o777).toString(8)}`
    }),
  )
  expect(new Set(modes)).toEqual(new Set(['file 600', 'folder 700']))
})

test('what a folder of replies has cost is known to a later run', async () => {
  const server = await serve()
  const cacheDir = join(await temporaryFolder(), 'replies')
  expect(await cachedCost(cacheDir)).toBe(0)
  const prices = { input: 1, output: 1 }
  const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any', cacheDir, prices })
  for (const text of ['a', 'b c', 'd', 'a']) await client.complete(say(text))
  expect(await cachedCost(cacheDir)).toBeCloseTo(client.account().cost, 12)
})
