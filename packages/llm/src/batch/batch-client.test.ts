import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  type BatchClientOptions,
  type BatchWaveProgress,
  createBatchClient,
  createChatClient,
} from '../index.ts'
import { failureOf } from '../test-helpers/failure-of.ts'
import { say, serve } from '../test-helpers/serve.ts'
import { temporaryFolder } from '../test-helpers/temporary-folder.ts'
import type { ChatServerOptions } from '../testing/chat-server-options.ts'
import type { ChatServer } from '../testing/index.ts'

const numbers = Array.from({ length: 25 }, (_, i) => i)
const question = (i: number) => say(`${i} is the number`)
const texts = numbers.map(i => `number the is ${i}`)

async function setUp(serverOptions: ChatServerOptions = {}) {
  const server = await serve(serverOptions)
  const folder = await temporaryFolder()
  const options: BatchClientOptions = {
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    cacheDir: join(folder, 'cache'),
    stateFile: join(folder, 'state.json'),
    // All that a test asks at once is a full wave, and need not be quiet first.
    maxRequests: 25,
    quietFor: 300,
    pollInterval: 5,
    retryDelay: 1,
    prices: { input: 10, output: 20 },
  }
  return { server, folder, options }
}

const openBatches = async (file: string): Promise<unknown[]> =>
  (JSON.parse(await readFile(file, 'utf8')) as { open: unknown[] }).open

test('calls of a moment are one batch, those they lead to the next, at half the price', async () => {
  const { server, options } = await setUp({ batch: { delay: 20 } })
  const waves: BatchWaveProgress[] = []
  const client = createBatchClient({ ...options, onProgress: progress => waves.push(progress) })
  const replies = await Promise.all(
    numbers.map(async i => {
      const first = await client.complete(question(i))
      const second = await client.complete(say(`and ${first.text}`))
      return [first, second] as const
    }),
  )
  expect(replies.map(([first]) => first.text)).toEqual(texts)
  expect(replies.map(([, second]) => second.text)).toEqual(numbers.map(i => `${i} is the number and`))
  expect(server.counts()).toMatchObject({ batches: 2, delivered: 50, requests: 0 })
  const account = client.account()
  expect(account).toMatchObject({ requests: 50, cacheHits: 0 })
  expect(account.cost).toBeCloseTo((account.inputTokens * 10 + account.outputTokens * 20) / 2e6, 12)
  expect(replies.flat().reduce((sum, { cost }) => sum + cost!, 0)).toBeCloseTo(account.cost, 12)
  expect([...new Set(waves.map(({ wave }) => wave))]).toEqual([1, 2])
  expect(waves.at(-1)).toMatchObject({ wave: 2, total: 25, completed: 25, open: [], isResuming: false })
  // A client of the other kind, and the next of this kind, find all of it.
  expect(await createChatClient(options).complete(question(3))).toMatchObject({ cached: true })
  const next = createBatchClient(options)
  expect(await next.complete(question(3))).toEqual({ ...replies[3]![0], cached: true })
  expect(next.account()).toMatchObject({ requests: 0, cacheHits: 1, cost: 0 })
  expect(server.counts().batches).toBe(2)
})

test('a full wave does not wait; the same call twice is sent once; each draw is its own', async () => {
  const { server, options } = await setUp()
  const client = createBatchClient({ ...options, quietFor: 2 ** 30, maxRequests: 10 })
  const calls = numbers.slice(0, 8).map(i => client.complete(question(i)))
  const twin = client.complete(question(0))
  const draws = [1, 2].map(trial => client.complete({ ...question(0), trial }))
  const replies = await Promise.all([...calls, ...draws])
  // Either of the two may be the one that is sent.
  expect([...replies, await twin].filter(({ cached }) => cached)).toHaveLength(1)
  expect((await twin).text).toBe(texts[0])
  expect(replies[0]!.text).toBe(texts[0])
  expect(server.counts()).toMatchObject({ batches: 1, delivered: 10 })
  expect(client.account()).toMatchObject({ requests: 10, cacheHits: 1 })
})

test('what failed or expired goes with the next wave, and keeps nobody else waiting', async () => {
  const failing = await setUp({ batch: { failures: 0.3 }, seed: 5 })
  const client = createBatchClient({ ...failing.options, rounds: 20 })
  const replies = await Promise.all(numbers.map(i => client.complete(question(i))))
  expect(replies.map(({ text }) => text)).toEqual(texts)
  expect(failing.server.counts().delivered).toBe(25)
  expect(failing.server.counts().batches).toBeGreaterThan(1)

  const expiring = await setUp({ batch: { expireAfter: 10 } })
  const second = createBatchClient(expiring.options)
  let last = 0
  const endedIn = await Promise.all(
    numbers.map(i => second.complete(question(i)).then(() => expiring.server.counts().batches)),
  )
  for (const batches of endedIn) last = Math.max(last, batches)
  expect(last).toBe(3)
  expect(endedIn.filter(batches => batches === 1)).toHaveLength(10)
  expect(expiring.server.counts()).toMatchObject({ batches: 3, delivered: 25 })
})

test('a failed request rejects its own promise only', async () => {
  const { server, options } = await setUp({ batch: { expireAfter: 10 } })
  const client = createBatchClient({ ...options, rounds: 1 })
  const wrong = failureOf(client.complete({ messages: [] }))
  const results = await Promise.allSettled(numbers.map(i => client.complete(question(i))))
  const failed = results.flatMap(each => (each.status === 'rejected' ? [each.reason.code] : []))
  expect(failed).toHaveLength(15)
  expect(new Set(failed)).toEqual(new Set(['batch-request-failed']))
  expect((await wrong).code).toBe('invalid-request')
  // Asked again, only those that are missing are sent.
  const again = await Promise.allSettled(numbers.map(i => client.complete(question(i))))
  expect(again.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
  expect(server.counts()).toMatchObject({ batches: 2, delivered: 20 })
})

test('the budget holds over all waves; what ends a batch is reported to its wave', async () => {
  const { server, options } = await setUp()
  const limited = (i: number, trial = 0) => ({ ...question(i), maxTokens: 5, trial })
  // A wave may cost $0.0072: 25 x (48 input and 5 output tokens) at half of 10 and 20 dollars a million.
  const client = createBatchClient({ ...options, budget: 0.0075 })
  await Promise.all(numbers.map(i => client.complete(limited(i))))
  const spent = client.account().cost
  expect(spent).toBeGreaterThan(0.0005)
  const over = await Promise.allSettled(numbers.map(i => client.complete(limited(i, 1))))
  for (const each of over) {
    expect(each).toMatchObject({
      status: 'rejected',
      reason: { code: 'budget-exceeded', details: { calls: 25, spent } },
    })
  }
  expect(server.counts()).toMatchObject({ batches: 1, delivered: 25 })
  // What is kept costs nothing and needs none of the budget.
  expect(await client.complete(limited(3))).toMatchObject({ cached: true })
  expect((await failureOf(client.complete(question(1)))).code).toBe('no-token-limit')

  const unknown = await setUp({ models: ['other'] })
  const refused = createBatchClient(unknown.options)
  const both = await Promise.allSettled([refused.complete(question(0)), refused.complete(question(1))])
  for (const each of both)
    expect(each).toMatchObject({ status: 'rejected', reason: { code: 'batch-refused' } })
  expect(await failureOf(() => createBatchClient({ ...options, rounds: 0 }))).toMatchObject({
    code: 'invalid-option',
    details: { option: 'rounds', value: 0 },
  })
  await writeFile(options.stateFile, 'nonsense')
  expect((await failureOf(createBatchClient(options).complete(question(24.5)))).code).toBe('foreign-state')
})

test('one caller may leave; when all leave, the batch goes on and the next wave fetches it', async () => {
  // No look finds the batch done while somebody waits for it.
  let isHeld = true
  const { server, options } = await setUp({ batch: { isHeld: () => isHeld } })
  const leaving = new AbortController()
  const seen: boolean[] = []
  const client = createBatchClient({
    ...options,
    onProgress({ wave, isResuming }) {
      seen[wave] = isResuming
      if (wave === 1 && server.counts().batches === 1) leaving.abort(new Error('stopped'))
    },
  })
  const alone = new AbortController()
  const early = client.complete(say('never sent'), { signal: alone.signal })
  const calls = numbers.map(i => client.complete(question(i), { signal: leaving.signal }))
  alone.abort(new Error('left'))
  await expect(early).rejects.toThrow('left')
  for (const each of await Promise.allSettled(calls))
    expect((each as PromiseRejectedResult).reason.message).toBe('stopped')
  expect(await openBatches(options.stateFile)).toHaveLength(1)
  isHeld = false
  const replies = await Promise.all([...numbers, 25].map(i => client.complete(question(i))))
  expect(replies.map(({ text }) => text)).toEqual([...texts, 'number the is 25'])
  expect(seen.slice(1)).toEqual([false, true, false])
  // The question that is new was sent alone.
  expect(server.counts()).toMatchObject({ batches: 2, delivered: 26 })
  expect([...server.deliveries.keys()].join()).not.toContain('never sent')
})

const script = fileURLToPath(new URL('../test-helpers/ask-in-batches.ts', import.meta.url))

function start(server: ChatServer, folder: string): ChildProcess {
  return spawn(process.execPath, ['--conditions=@tinystories/source', script, server.baseURL, folder, '25'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

test('killed between sending and result, in each wave: nothing is sent or paid twice', async () => {
  // Answers wait until the process that asked is dead.
  let hold: Promise<unknown> = Promise.resolve()
  let held = ''
  const { server, folder } = await setUp({
    batch: { delay: 1 },
    respond: async ({ messages }) => {
      if (messages[0]!.content.startsWith(held)) await hold
      return messages.at(-1)!.content.split(' ').reverse().join(' ')
    },
  })
  for (const wave of [1, 2]) {
    let release = (): void => {}
    hold = new Promise<void>(resolve => {
      release = resolve
    })
    // The second process fetches the first wave from the batch that was left behind, and is killed in the second.
    held = wave === 1 ? '' : 'and'
    const child = start(server, folder)
    while (server.counts().batches < wave) await new Promise(next => setTimeout(next, 2))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    release()
    expect(await openBatches(join(folder, 'batch.json'))).toHaveLength(1)
  }
  hold = Promise.resolve()
  const last = start(server, folder)
  const [said] = (await once(last.stdout!.setEncoding('utf8'), 'data')) as [string]
  expect(said).toMatch(/^paid \d+ hits \d+\n$/)
  if (last.exitCode === null) await once(last, 'exit')
  expect(last.exitCode).toBe(0)
  expect(server.counts()).toMatchObject({ batches: 2, delivered: 50 })
  expect([...server.deliveries.values()].every(count => count === 1)).toBe(true)
  expect(await openBatches(join(folder, 'batch.json'))).toEqual([])
})
