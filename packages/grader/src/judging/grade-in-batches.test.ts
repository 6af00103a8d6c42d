import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type BatchClientOptions,
  type ChatClient,
  createBatchClient,
  createChatClient,
} from '@tinystories/llm'
import { type ChatServer, type ChatServerOptions, startChatServer } from '@tinystories/llm/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { storyPrompts } from '../content/story-prompts.ts'
import { playJudge } from '../testing/play-judge.ts'
import { grade } from './grade.ts'

let folder: string
let server: ChatServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-batches-'))
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await rm(folder, { recursive: true, force: true })
})

const serve = async (options: ChatServerOptions = {}): Promise<ChatServer> => {
  server = await startChatServer({ respond: ({ messages }) => playJudge(messages), ...options })
  return server
}
const judge = (options: Partial<BatchClientOptions> = {}): ChatClient =>
  createBatchClient({
    model: 'judge',
    baseURL: server!.baseURL,
    apiKey: 'sk-local',
    cacheDir: join(folder, 'cache'),
    stateFile: join(folder, 'batch.json'),
    quietFor: 500,
    pollInterval: 5,
    prices: { input: 1, output: 2 },
    ...options,
  })
const source = {
  prompts: storyPrompts.slice(0, 50),
  generate: ({ seed }: { seed: number }): string =>
    ` they found ${seed} red apples. It was a happy day for all of them.`,
}

test('300 gradings are three batches, with the scores of single calls at half their price', async () => {
  await serve()
  const options = { trials: 6, concurrency: 300 }
  const batched = await grade(source, { ...options, judge: judge() })
  expect(batched.gradings).toHaveLength(300)
  expect(batched.gradings.every(({ status }) => status === 'graded')).toBe(true)
  // Assessments, scores, and once more where the scores could not be read.
  const again = batched.gradings.filter(({ judgment }) => judgment!.replies.length === 2).length
  expect(again).toBeGreaterThan(6)
  expect(server!.counts()).toMatchObject({ batches: 3, delivered: 600 + again, requests: 0 })
  const single = await grade(source, {
    ...options,
    judge: createChatClient({
      model: 'judge',
      baseURL: server!.baseURL,
      apiKey: 'sk-local',
      prices: { input: 1, output: 2 },
    }),
  })
  for (const [i, { judgment, ...rest }] of single.gradings.entries()) {
    const { cost, ...other } = batched.gradings[i]!.judgment!
    expect({ ...rest, judgment: { ...other, cost: cost! * 2 } }).toEqual({
      ...rest,
      judgment: { ...judgment, cost: expect.closeTo(cost! * 2, 12) },
    })
  }
})

test('batches that expire or fail in part end with all graded, and nothing is paid twice', async () => {
  await serve({ batch: { failures: 0.2 }, seed: 3 })
  const run = await grade(source, { trials: 2, concurrency: 100, judge: judge({ rounds: 30 }) })
  expect(run.gradings.every(({ status }) => status === 'graded')).toBe(true)
  expect([...server!.deliveries.values()].every(count => count === 1)).toBe(true)
  await server!.close()
  await serve({ batch: { expireAfter: 70 } })
  const more = { cacheDir: join(folder, 'other'), rounds: 30 }
  const second = await grade(source, { trials: 2, concurrency: 100, judge: judge(more) })
  expect(second.gradings.map(({ status }) => status)).toEqual(run.gradings.map(({ status }) => status))
  expect([...server!.deliveries.values()].every(count => count === 1)).toBe(true)
})

test('killed between sending and result of every wave: nothing is paid twice, and the report is the same', async () => {
  let hold: Promise<void> | undefined
  await serve({
    batch: { delay: 1 },
    async respond({ messages }) {
      await hold
      return playJudge(messages)
    },
  })
  const script = fileURLToPath(new URL('../testing/batch-child.ts', import.meta.url))
  const start = (to: string): ChildProcess =>
    spawn(process.execPath, ['--conditions=@tinystories/source', script, server!.baseURL, to, '8'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  const [killed, whole] = [join(folder, 'killed'), join(folder, 'whole')]
  await mkdir(killed)
  await mkdir(whole)
  for (const batches of [1, 2, 3]) {
    // The batch of the process before is answered; the one that this process sends is not, until it is dead.
    const child = start(killed)
    while (server!.counts().batches < batches) await new Promise(next => setTimeout(next, 2))
    let release = (): void => {}
    hold = new Promise(resolve => {
      release = resolve
    })
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    release()
    hold = undefined
  }
  const last = start(killed)
  await once(last, 'exit')
  expect(last.exitCode).toBe(0)
  expect(server!.counts().batches).toBe(3)
  expect([...server!.deliveries.values()].every(count => count === 1)).toBe(true)
  const child = start(whole)
  await once(child, 'exit')
  expect(await readFile(join(killed, 'report.json'), 'utf8')).toBe(
    await readFile(join(whole, 'report.json'), 'utf8'),
  )
})
