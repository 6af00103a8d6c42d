import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createChatClient } from '../index.ts'
import { say, serve } from '../test-helpers/serve.ts'
import { temporaryFolder } from '../test-helpers/temporary-folder.ts'
import { recordFetch, replayFetch } from './index.ts'

test('a recording answers as the server did, failures included, without a network', async () => {
  const file = join(await temporaryFolder(), 'exchanges.jsonl')
  const server = await serve({ faults: { serverError: 0.5 }, seed: 3 })
  const ask = async (baseURL: string, fetch: typeof globalThis.fetch) => {
    const events: string[] = []
    const client = createChatClient({
      model: 'm',
      baseURL,
      apiKey: 'any',
      fetch,
      retryDelay: 1,
      onEvent: ({ type }) => events.push(type),
    })
    const replies = []
    for (const text of ['a b', 'c d', 'e f']) replies.push(await client.complete(say(text)))
    return { replies, events }
  }
  const recorded = await ask(server.baseURL, recordFetch(file))
  expect(recorded.events.length).toBeGreaterThan(0)
  const requests = server.counts().requests
  const replayed = await ask('http://another.example/v1', replayFetch(file))
  expect(replayed).toEqual(recorded)
  expect(server.counts().requests).toBe(requests)
  const client = createChatClient({
    model: 'm',
    baseURL: 'http://another.example/v1',
    apiKey: 'any',
    fetch: replayFetch(file),
    maxRetries: 0,
  })
  await expect(client.complete(say('never said'))).rejects.toThrow('holds no exchange')
})
