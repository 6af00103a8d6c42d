import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '@tinystories/utils/random'
import { parseRetryAfter } from '@tinystories/utils/retry'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createChatClient } from './index.ts'
import { say, serve } from './test-helpers/serve.ts'
import { simulateServer } from './test-helpers/simulated-server.ts'
import { temporaryFolder } from './test-helpers/temporary-folder.ts'
import { createVirtualClock } from './test-helpers/virtual-clock.ts'

const faults = { serverError: 0.05, reset: 0.03, halfReply: 0.03, malformed: 0.03 }

test('1,000 requests to a server with limits, delays and every fault: each is answered, none is delivered twice', async () => {
  const server = await serve({
    requestsPerSecond: 400,
    burst: 40,
    maxConcurrent: 32,
    latency: [5, 25],
    retryAfter: 'milliseconds',
    // A busy machine never comes to the limits.
    strayRefusals: 0.02,
    faults,
  })
  const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any', retryDelay: 10 })
  const replies = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => client.complete(say(`${i} is the number`))),
  )
  expect(replies.map(({ text }) => text)).toEqual(replies.map((_, i) => `number the is ${i}`))
  expect(server.counts()).toMatchObject({ delivered: 1000 })
  expect(server.deliveries.size).toBe(1000)
  expect(server.counts().faults).toBeGreaterThan(80)
  expect(server.counts().refused).toBeGreaterThan(0)
  expect(client.account().requests).toBe(1000)
})

test.each(['seconds', 'date', 'milliseconds'] as const)(
  'no refused call comes back before the time given in %s',
  async retryAfter => {
    // Time is the clock's, and dates stand still: a busy machine changes nothing.
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
    onTestFinished(() => void vi.useRealTimers())
    const clock = createVirtualClock()
    const server = simulateServer({ latency: 5, requestsPerSecond: 40, burst: 10, retryAfter }, clock)
    const refusedUntil = new Map<string, number>()
    const early: string[] = []
    let delivered = 0
    const watching: typeof fetch = async (input, init) => {
      const body = String(init?.body)
      if (clock.now() < (refusedUntil.get(body) ?? 0)) early.push(body)
      const response = await server(input, init)
      if (response.status === 429)
        refusedUntil.set(body, clock.now() + (parseRetryAfter(response.headers) ?? Number.NaN))
      else delivered++
      return response
    }
    const options = { model: 'm', baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any' }
    const client = createChatClient({ ...options, fetch: watching, clock })
    await Promise.all(Array.from({ length: 40 }, (_, i) => client.complete(say(`${i}`))))
    expect(refusedUntil.size).toBeGreaterThan(0)
    expect([...refusedUntil.values()].every(until => until > 0)).toBe(true)
    expect(early).toEqual([])
    expect(delivered).toBe(40)
  },
)

test('limits that are given are kept, so that the server refuses nothing', async () => {
  const server = await serve({ requestsPerSecond: 100, burst: 100, latency: 2 })
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    requestsPerMinute: 100 * 60,
  })
  await Promise.all(Array.from({ length: 150 }, (_, i) => client.complete(say(`${i}`))))
  expect(server.counts()).toMatchObject({ delivered: 150, refused: 0 })
})

/** Runs the process until it ends or `onNumber` kills it; gives the numbers it had. */
function answerMany(
  args: string[],
  onNumber: (count: number) => boolean,
): Promise<{ numbers: string[]; isDone: boolean; errors: string }> {
  const script = fileURLToPath(new URL('./test-helpers/answer-many.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@tinystories/source', script, ...args])
  let text = ''
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    errors += piece
  })
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    if (onNumber(text.split('\n').length - 1)) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      const numbers = text
        .split('\n')
        .slice(0, -1)
        .filter(line => /^\d+$/.test(line))
      resolve({ numbers, isDone: code === 0, errors })
    })
  })
}

const isEntry = (file: string): boolean => /[\\/]\w{64}\.json$/.test(file)

test('killed at 10 random points, no reply that had come is paid again', async () => {
  const random = new Random(8)
  const server = await serve({ latency: [2, 12], requestsPerSecond: 500, retryAfter: 'milliseconds', faults })
  const cacheDir = await temporaryFolder()
  const count = 500
  const args = [server.baseURL, cacheDir, String(count)]
  const contentOf = (body: string): string => /(\d+) is the number/.exec(body)?.[1] ?? ''
  const had = new Map<string, number>()
  const delivered = (): Map<string, number> =>
    new Map([...server.deliveries].map(([body, times]) => [contentOf(body), times]))
  for (let kill = 0; kill < 10; kill++) {
    // Earlier replies are hits and are reported at once, so the point moves along with them.
    const kept = had.size
    const more = 1 + random.integer(60)
    const { numbers, isDone, errors } = await answerMany(args, told => told >= kept + more)
    expect(errors).toBe('')
    expect(isDone).toBe(false)
    // What the killed process had been given, or had only just kept, must stay paid as often as it is now.
    const now = delivered()
    const files = (await readdir(cacheDir, { recursive: true })).filter(isEntry)
    const inFiles = await Promise.all(
      files.map(async file => contentOf(await readFile(join(cacheDir, file), 'utf8'))),
    )
    expect(inFiles).toEqual(expect.arrayContaining(numbers))
    for (const number of inFiles) if (!had.has(number)) had.set(number, now.get(number)!)
  }
  const last = await answerMany(args, () => false)
  expect(last).toMatchObject({ isDone: true, errors: '' })
  expect(new Set(last.numbers).size).toBe(count)
  const end = delivered()
  expect([...had].filter(([number, times]) => end.get(number) !== times)).toEqual([])
  // Only calls whose reply was on its way to the process when it was killed can have been paid again.
  expect(server.counts().delivered - count).toBeLessThanOrEqual(10 * 64)
  const files = (await readdir(cacheDir, { recursive: true })).filter(isEntry)
  expect(files).toHaveLength(count)
  for (const file of files) JSON.parse(await readFile(join(cacheDir, file), 'utf8'))
}, 180_000)

test('two processes at once on one cache keep one reply for each request', async () => {
  const server = await serve({ latency: [1, 5] })
  const cacheDir = await temporaryFolder()
  const args = [server.baseURL, cacheDir, '200']
  const both = await Promise.all([answerMany(args, () => false), answerMany(args, () => false)])
  expect(both.map(({ isDone, numbers }) => [isDone, numbers.length])).toEqual([
    [true, 200],
    [true, 200],
  ])
  const files = (await readdir(cacheDir, { recursive: true })).filter(isEntry)
  expect(files).toHaveLength(200)
})
