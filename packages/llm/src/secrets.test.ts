import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { completeBatch, createChatClient } from './index.ts'
import { say, serve } from './test-helpers/serve.ts'
import { temporaryFolder } from './test-helpers/temporary-folder.ts'
import { createVirtualClock } from './test-helpers/virtual-clock.ts'
import { recordFetch } from './testing/index.ts'

const key = 'sk-planted-0123456789abcdef'
const second = 'azure-planted-0123456789'

/** Everything a person could print of an error: its chain of causes, hidden fields, and JSON. */
function allOf(value: unknown): string {
  const chain: string[] = []
  for (let at = value, i = 0; at !== undefined && i < 10; at = (at as Error)?.cause, i++) {
    chain.push(
      inspect(at, { depth: 20, showHidden: true, getters: true }),
      JSON.stringify(at) ?? '',
      String(at),
    )
    if (at instanceof Error) chain.push(at.stack ?? '', JSON.stringify(Object.getOwnPropertyDescriptors(at)))
  }
  return chain.join('\n')
}

test('a planted key is in no error, event, account, cache, state or recording', async () => {
  const folder = await temporaryFolder()
  const printed: string[] = []
  const options = {
    model: 'known',
    apiKey: key,
    headers: { 'api-key': second },
    retryDelay: 1,
    maxRetries: 1,
    onEvent: (event: object) => printed.push(allOf(event)),
  }
  // Servers that say the key aloud in whatever they send.
  const encoded = [
    Buffer.from(key).toString('base64'),
    Buffer.from(key).toString('hex'),
    [...key].toReversed().join(''),
    [...key].join('\u200b'),
  ]
  const echo = () => `the key is ${key}, and ${second} too; ${encoded.join(', ')}`
  const echoing =
    (status: number): typeof fetch =>
    async () =>
      new Response(JSON.stringify({ error: { message: echo(), code: key }, [key]: key }), {
        status,
        headers: { 'x-key': key, 'x-request-id': key },
      })
  const failing: typeof fetch = () => Promise.reject(new TypeError(echo(), { cause: new Error(echo()) }))
  const wrongKey = await serve({ apiKey: 'another', respond: echo })
  const good = await serve({ respond: echo })
  const broken = await Promise.all(
    (['serverError', 'reset', 'halfReply', 'malformed', 'hang'] as const).map(fault =>
      serve({ respond: echo, faults: { [fault]: 1 } }),
    ),
  )
  const clients = [
    createChatClient({ ...options, baseURL: wrongKey.baseURL }),
    ...broken.map(({ baseURL }) => createChatClient({ ...options, timeout: 300, baseURL })),
    ...[400, 401, 402, 404, 429, 500].map(status =>
      createChatClient({
        ...options,
        clock: createVirtualClock(),
        baseURL: good.baseURL,
        fetch: echoing(status),
      }),
    ),
    createChatClient({ ...options, baseURL: good.baseURL, fetch: failing }),
  ]
  for (const client of clients) {
    const error = await client.complete(say('hello')).then(
      () => expect.fail('no error came'),
      (error: unknown) => error,
    )
    printed.push(allOf(error), allOf(client), allOf(client.account()))
  }
  const cacheDir = join(folder, 'cache')
  const client = createChatClient({
    ...options,
    baseURL: good.baseURL,
    cacheDir,
    fetch: recordFetch(join(folder, 'recording.jsonl')),
  })
  printed.push(allOf(await client.complete(say('hello'))))
  const batch = {
    model: 'known',
    apiKey: key,
    headers: options.headers,
    cacheDir,
    stateFile: join(folder, 'state.json'),
    pollInterval: 1,
  }
  printed.push(allOf(await completeBatch([say('batched')], { ...batch, baseURL: good.baseURL })))
  const refused = completeBatch([say('refused')], { ...batch, baseURL: wrongKey.baseURL })
  printed.push(allOf(await refused.catch((error: unknown) => error)))
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) printed.push(await readFile(join(file.parentPath, file.name), 'utf8'))
  }
  expect(printed.length).toBeGreaterThan(40)
  const everything = printed.join('\n')
  // The replies did come, with the keys taken out.
  expect(everything).toContain('the key is [key]')
  for (const secret of [key, second, key.slice(0, 16), ...encoded]) expect(everything).not.toContain(secret)
})
