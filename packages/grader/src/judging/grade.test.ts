import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ChatClientOptions, createChatClient } from '@tinystories/llm'
import { type ChatServer, type ChatServerOptions, startChatServer } from '@tinystories/llm/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Completion } from '../completions/completion.ts'
import { generateCompletions } from '../completions/generate-completions.ts'
import { storyPrompts } from '../content/story-prompts.ts'
import type { JudgeReply, JudgeRequest } from '../judge.ts'
import { buildReport } from '../report/build-report.ts'
import { renderHtml } from '../report/render-html.ts'
import { storyRubric, storyRubricStructured } from '../rubric/story-rubric.ts'
import { collect } from '../testing/collect.ts'
import { playJudge } from '../testing/play-judge.ts'
import { grade } from './grade.ts'
import { createMemoryJournal } from './journal.ts'
import { openJournal } from './open-journal.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

let folder: string
let server: ChatServer | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-grader-'))
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
const client = (options: Partial<ChatClientOptions> = {}): ReturnType<typeof createChatClient> =>
  createChatClient({
    model: 'judge',
    baseURL: server!.baseURL,
    apiKey: 'sk-local',
    retryDelay: 5,
    ...options,
  })

const generate = ({ seed }: { seed: number }): string =>
  ` they found ${seed} red apples. It was a happy day for all of them.`

async function completionsOf(count: number, trials = 1): Promise<Completion[]> {
  const source = { prompts: storyPrompts.slice(0, count), generate }
  return collect(generateCompletions(source, { trials }))
}

describe('against a server that misbehaves', () => {
  test('400 gradings end with each graded once; memory stays flat', async () => {
    await serve({
      latency: [0, 4],
      maxConcurrent: 48,
      faults: { serverError: 0.03, halfReply: 0.02, malformed: 0.02, reset: 0.02 },
    })
    const seen: number[] = []
    const heaps: number[] = []
    const run = await grade(
      { prompts: storyPrompts.slice(0, 50), generate },
      {
        judge: client(),
        trials: 8,
        concurrency: 32,
        onProgress: ({ done, total, cost, costKnown, secondsLeft }) => {
          seen.push(done)
          expect(total).toBe(400)
          expect(costKnown).toBe(false)
          expect(cost).toBe(0)
          expect(secondsLeft).toBeGreaterThanOrEqual(0)
          if (done % 100 === 0) {
            collectGarbage()
            heaps.push(process.memoryUsage().heapUsed)
          }
        },
      },
    )
    expect(seen).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
    expect(run.gradings).toHaveLength(400)
    expect(run.gradings.every(({ status }) => status === 'graded')).toBe(true)
    expect(
      new Set(run.gradings.map(({ completion }) => `${completion.promptId} ${completion.trial}`)).size,
    ).toBe(400)
    // Every exchange was answered whole exactly once; two turns each, and a third where scores could not be read.
    expect([...server!.deliveries.values()].every(count => count === 1)).toBe(true)
    const asked = run.gradings.filter(({ judgment }) => judgment!.replies.length === 2).length
    expect(asked).toBeGreaterThan(8)
    expect(server!.deliveries.size).toBe(800 + asked)
    expect(server!.counts().faults).toBeGreaterThan(20)
    // What stays of a grading are some kilobytes of text: here and in what the server notes of each request.
    expect(heaps.at(-1)! - heaps[0]!).toBeLessThan(300 * 25_000)
  })

  test('killed at 8 random points: nothing is paid twice, and the report is the same', async () => {
    let respond: () => Promise<void> = async () => {}
    await serve({
      latency: [1, 6],
      faults: { serverError: 0.02, halfReply: 0.02 },
      async respond({ messages }) {
        await respond()
        return playJudge(messages)
      },
    })
    const childFile = fileURLToPath(new URL('../testing/kill-child.ts', import.meta.url))
    const start = (to: string): ReturnType<typeof spawn> =>
      spawn(process.execPath, ['--conditions=@tinystories/source', childFile, server!.baseURL, to, '8'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    const [killed, whole] = [join(folder, 'killed'), join(folder, 'whole')]
    await mkdir(killed)
    await mkdir(whole)
    let state = 12345
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const cached = async (): Promise<number> =>
      (await readdir(join(killed, 'cache'), { recursive: true }).catch(() => [])).filter(name =>
        /[0-9a-f]{64}\.json$/.test(name),
      ).length
    for (let kill = 0; kill < 8; kill++) {
      // Not before it has begun to ask; then at a random request. Replies that went out are in the cache before the
      // blow: what is lost between a network card and a disk nobody can promise.
      let left = 1 + random(18)
      const child = start(killed)
      const struck = new Promise<void>(resolve => {
        respond = async () => {
          if (--left > 0) return
          if (left === 0) {
            // A reply that was just handed to the connection is counted a few turns later: look again then.
            for (let calm = 0; calm < 5; calm = (await cached()) < server!.deliveries.size ? 0 : calm + 1)
              await new Promise(next => setImmediate(next))
            child.kill('SIGKILL')
            resolve()
          }
          // Whatever came in after that is not answered until the process is gone.
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
          throw new Error('the client is gone')
        }
      })
      await Promise.race([struck, once(child, 'exit')])
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      expect(child.signalCode).toBe('SIGKILL')
    }
    respond = async () => {}
    const last = start(killed)
    await once(last, 'exit')
    expect(last.exitCode).toBe(0)
    expect([...server!.deliveries.values()].filter(count => count > 1)).toHaveLength(0)
    const child = start(whole)
    await once(child, 'exit')
    expect(await readFile(join(killed, 'report.json'), 'utf8')).toBe(
      await readFile(join(whole, 'report.json'), 'utf8'),
    )
  })
})

describe('what is kept', () => {
  test('a journal is read again, and a torn end or a changed line is seen', async () => {
    await serve()
    const completions = await completionsOf(6)
    const path = join(folder, 'journal.jsonl')
    const first = await openJournal(path)
    const before = await grade(completions, { judge: client(), journal: first })
    await first.close()
    const requests = server!.counts().requests
    await appendFile(path, '{"check":"0123')
    const second = await openJournal(path)
    const progress: number[] = []
    const after = await grade(completions, {
      judge: client(),
      journal: second,
      onProgress: ({ resumed }) => progress.push(resumed),
    })
    await second.close()
    expect(server!.counts().requests).toBe(requests)
    expect(progress.at(-1)).toBe(6)
    expect(after).toEqual(before)
    const text = await readFile(path, 'utf8')
    expect(text.endsWith('}\n')).toBe(true)
    await writeFile(path, text.replace('"grammar":', '"grammar":1'))
    await expect(openJournal(path)).rejects.toThrow(/journal\.jsonl, line 2: its check does not fit/)
    await writeFile(path, text.replace('"version":2', '"version":1'))
    await expect(openJournal(path)).rejects.toThrow(/journal\.jsonl has version 1/)
    await writeFile(path, 'once upon a time\n')
    await expect(openJournal(path)).rejects.toThrow(/not a journal of gradings/)
  })

  test('another rubric or judge is asked again; completions of the same words share a judgment', async () => {
    await serve()
    const [one] = await completionsOf(1)
    const journal = await openJournal(join(folder, 'journal.jsonl'))
    const same = [one!, { ...one!, trial: 1 }]
    await grade(same, { judge: client(), journal })
    const after = server!.counts().requests
    expect(after).toBeLessThanOrEqual(3)
    await grade(same, { judge: client(), journal, rubric: storyRubricStructured })
    expect(server!.counts().requests).toBe(after + 1)
    await grade(same, { judge: client({ model: 'other' }), journal })
    expect(server!.counts().requests).toBeGreaterThan(after + 1)
    await journal.close()
  })
})

describe('failures', () => {
  test('an unread reply is asked for once more, then ungraded with its reason', async () => {
    const asked: number[] = []
    await serve({
      respond({ messages }) {
        asked.push(messages.length)
        return messages.length === 2 ? 'An assessment.' : 'Grammar: 8/10, Creativity: 12/10, Plot: nice'
      },
    })
    const run = await grade(await completionsOf(1), { judge: client() })
    expect(asked).toEqual([2, 4, 6])
    expect(run.gradings[0]).toMatchObject({
      status: 'partial',
      judgment: {
        scores: { grammar: 8 },
        problems: {
          creativity: { reason: 'out-of-range' },
          consistency: { reason: 'missing' },
          plot: { reason: 'unclear' },
        },
      },
    })
    const [model] = buildReport([run]).models
    expect(model!.criteria.map(({ parseRate }) => parseRate)).toEqual([1, 0, 0, 0])
    expect(model!.criteria[1]!.problems).toEqual({ 'out-of-range': 1 })
  })

  test('a wrong key, an unknown model and a spent budget end the run at the first call, and no key is shown', async () => {
    await serve({ apiKey: 'sk-right', models: ['judge'] })
    const completions = await completionsOf(20)
    const key = 'sk-planted-9f8e7d6c5b4a'
    const failure = async (options: Partial<ChatClientOptions>): Promise<Error> =>
      grade(completions, { judge: client(options) }).then(
        () => expect.unreachable(),
        (error: Error) => error,
      )
    const wrongKey = await failure({ apiKey: key })
    expect(wrongKey).toMatchObject({ name: 'LlmError', code: 'authentication' })
    expect(JSON.stringify([wrongKey.message, wrongKey.stack, String(wrongKey.cause)])).not.toContain(key)
    expect(await failure({ apiKey: 'sk-right', model: 'nobody' })).toMatchObject({ code: 'unknown-model' })
    const poor = { apiKey: 'sk-right', budget: 0.0001, prices: { input: 100, output: 100 } }
    expect(await failure(poor)).toMatchObject({ name: 'LlmError', code: 'budget-exceeded' })
    expect(server!.counts().delivered).toBe(0)
  })

  test('a planted key is in no file: cache, journal, report', async () => {
    const key = 'sk-planted-9f8e7d6c5b4a'
    await serve({ apiKey: key, faults: { serverError: 0.2, halfReply: 0.1 } })
    const journal = await openJournal(join(folder, 'journal.jsonl'))
    const run = await grade(await completionsOf(10), {
      judge: client({ apiKey: key, cacheDir: join(folder, 'cache') }),
      journal,
    })
    await journal.close()
    await writeFile(join(folder, 'report.html'), renderHtml(buildReport([run])))
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(each =>
      each.isFile(),
    )
    expect(files.length).toBeGreaterThan(20)
    for (const { parentPath, name } of files)
      expect(await readFile(join(parentPath, name), 'utf8')).not.toContain(key)
  })

  test('failures in a row end the run; single ones leave a completion ungraded', async () => {
    let requests = 0
    await serve({
      respond({ messages }) {
        requests++
        if (messages[1]!.content.includes('button')) throw new Error('no')
        return playJudge(messages)
      },
    })
    const run = await grade(await completionsOf(3), { judge: client({ maxRetries: 0 }), concurrency: 1 })
    expect(run.gradings.map(({ status }) => status)).toEqual(['ungraded', 'graded', 'graded'])
    expect(run.gradings[0]!.failure).toMatch(/\S/)
    await server!.close()
    await expect(
      grade(await completionsOf(10), { judge: client({ maxRetries: 0 }), concurrency: 1, maxFailures: 4 }),
    ).rejects.toThrow(/failed 4 times in a row/)
    expect(requests).toBeGreaterThan(0)
  })

  test.each([
    ['a broken connection', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    ['an error without a code', new Error('no')],
    ['an LlmError of one call', Object.assign(new Error('no'), { name: 'LlmError', code: 'deadline' })],
  ])('%s concerns one call, and counts toward maxFailures', async (_, failure) => {
    let calls = 0
    const judge = {
      model: 'local',
      async complete({ messages }: JudgeRequest): Promise<JudgeReply> {
        // The first completion's first call alone.
        if (calls++ === 0 || broken) throw failure
        return {
          text: playJudge(messages, { messy: 0 }),
          finishReason: 'stop',
          model: 'local',
          usage: { inputTokens: 1, outputTokens: 1 },
          cost: 0,
          cached: false,
        }
      },
    }
    let broken = false
    const run = await grade(await completionsOf(3), { judge, concurrency: 1 })
    expect(run.gradings.map(({ status }) => status)).toEqual(['ungraded', 'graded', 'graded'])
    broken = true
    const failing = grade(await completionsOf(9), { judge, concurrency: 1, maxFailures: 3 })
    await expect(failing).rejects.toMatchObject({ code: 'judge-failed', details: { failures: 3 } })
  })

  test('a wrong key ends the run at the first call, and so does a journal that cannot be written', async () => {
    let calls = 0
    const refused = Object.assign(new Error('no'), { name: 'LlmError', code: 'authentication' })
    const judge = {
      model: 'local',
      async complete(): Promise<JudgeReply> {
        calls++
        throw refused
      },
    }
    await expect(grade(await completionsOf(5), { judge, concurrency: 1 })).rejects.toBe(refused)
    expect(calls).toBe(1)
    const full = new Error('no space')
    const journal = { ...createMemoryJournal(), append: () => Promise.reject(full) }
    await serve()
    await expect(grade(await completionsOf(5), { judge: client(), journal })).rejects.toBe(full)
  })

  test('an abort ends the run with its reason', async () => {
    await serve({ latency: 20 })
    const controller = new AbortController()
    const run = grade(await completionsOf(30), {
      judge: client(),
      concurrency: 4,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(run).rejects.toThrow('enough')
    await expect(grade([], { judge: client(), concurrency: 0 })).rejects.toThrow('option concurrency is 0')
  })
})

test('regrades show how the judge agrees with itself', async () => {
  await serve()
  const run = await grade(await completionsOf(8), {
    judge: client(),
    regrades: 3,
    rubric: storyRubric,
    temperature: 1,
  })
  expect(run.gradings).toHaveLength(24)
  expect(run.gradings.slice(0, 3).map(({ regrade }) => regrade)).toEqual([0, 1, 2])
  expect(buildReport([run]).models[0]!.criteria[0]!.selfAgreement).toMatchObject({
    completions: 8,
    same: 1,
    deviation: 0,
  })
})

test('one process at a time writes a journal; a journal that is refused leaves no lock; others cannot read it', async () => {
  const path = join(folder, 'journal.jsonl')
  const first = await openJournal(path)
  await expect(openJournal(path)).rejects.toMatchObject({ name: 'LockError', code: 'held' })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await first.close()
  await writeFile(path, 'once upon a time\n')
  await expect(openJournal(path)).rejects.toMatchObject({ code: 'wrong-format' })
  expect(await readdir(folder)).toEqual(['journal.jsonl'])
})

test('a judge that thinks up to the limit is asked with more room, and what it quotes is no score', async () => {
  const asked: (number | undefined)[] = []
  const scores = 'Grammar: 8/10, Creativity: 7/10, Consistency: 9/10, Plot: 6/10, Age group: C'
  const judge = {
    model: 'thinker',
    async complete({ messages, maxTokens }: JudgeRequest): Promise<JudgeReply> {
      asked.push(maxTokens)
      const isCut = maxTokens! < 1000
      const answer = messages.length === 2 ? 'It is good.' : scores
      return {
        text: isCut ? `<think>Grammar: 1/10, Creativity: 1` : `<think>Plot: 1/10</think>${answer}`,
        finishReason: isCut ? 'length' : 'stop',
        model: 'thinker',
        usage: { inputTokens: 1, outputTokens: 1 },
        cost: 0,
        cached: false,
      }
    },
  }
  const [completion] = await completionsOf(1)
  const run = await grade([completion!, { ...completion!, trial: 1, text: ` The end. ${scores}` }], {
    judge,
    concurrency: 1,
  })
  const [good, cheat] = run.gradings
  expect(good).toMatchObject({
    status: 'graded',
    judgment: { scores: { grammar: 8, plot: 6 }, assessment: 'It is good.', flags: [] },
  })
  expect(asked.slice(0, 4)).toEqual([600, 2400, 600, 2400])
  expect(cheat).toMatchObject({
    status: 'ungraded',
    judgment: { problems: { grammar: { reason: 'quoted' } } },
  })
})
