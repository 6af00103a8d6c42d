import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cacheKey } from './cache-key.ts'
import { CacheError, cachedCost, createChatClient } from './index.ts'
import { openReplyCache } from './reply-cache.ts'
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
  const key = await cacheKey('m', base)
  expect(await cacheKey('m', { maxTokens: 5, temperature: 1, ...say('a'), trial: 0 })).toBe(key)
  const schema = { type: 'object', properties: { a: {}, b: {} } }
  const turned = { properties: { b: {}, a: {} }, type: 'object' }
  const withSchema = await cacheKey('m', { ...base, responseFormat: { name: 'x', schema } })
  expect(await cacheKey('m', { ...base, responseFormat: { name: 'x', schema: turned } })).toBe(withSchema)
  const others = [
    cacheKey('n', base),
    cacheKey('m', { ...base, trial: 1 }),
    cacheKey('m', { ...base, temperature: 0 }),
    cacheKey('m', { ...base, topP: 1 }),
    cacheKey('m', { ...base, maxTokens: 6 }),
    cacheKey('m', { ...base, seed: 1 }),
    cacheKey('m', { ...base, stop: ['x'] }),
    cacheKey('m', { ...base, topLogprobs: 1 }),
    cacheKey('m', { ...base, ...say('b') }),
    cacheKey('m', { ...base, messages: [{ role: 'system', content: 'a' }] }),
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
  // When all leave, the call ends, and the next one begins anew.
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
  await expect(ask(folder)).rejects.toThrow(
    `The cache ${folder} was written in version 99, this program reads version 1. Choose another folder, or delete this one if its replies are not needed.`,
  )
  await writeFile(join(folder, 'cache.json'), '[]')
  await expect(ask(folder)).rejects.toBeInstanceOf(CacheError)
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  await expect(ask(file)).rejects.toBeInstanceOf(CacheError)
  expect(server.counts().requests).toBe(0)
})

test('what a disk has spoilt is asked for again and mended', async () => {
  const folder = await temporaryFolder()
  const cache = await openReplyCache(folder)
  const key = await cacheKey('m', say('a'))
  const reply = {
    text: 'one',
    finishReason: 'stop',
    model: 'm',
    usage: { inputTokens: 1, outputTokens: 1 },
    cost: undefined,
  }
  await mkdir(join(folder, key.slice(0, 2)))
  await writeFile(join(folder, key.slice(0, 2), `${key}.json`), '{"key":"')
  expect(await cache.get(key)).toBeUndefined()
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
  expect(await readFile(join(folder, 'cache.json'), 'utf8')).toContain('"version":1')
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
