import { spawn } from 'node:child_process'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createChatClient } from '@tinystories/llm'
import { type ChatServer, startChatServer } from '@tinystories/llm/testing'
import { afterAll, expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import { fakeStory } from '../testing/fake-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { type SynthesisOptions, synthesizeStories } from './synthesize-stories.ts'

type ServerOptions = Parameters<typeof startChatServer>[0]

async function serve(options: ServerOptions = {}): Promise<ChatServer> {
  const server = await startChatServer({
    respond: ({ messages }) => fakeStory(messages[0]!.content),
    ...options,
  })
  afterAll(() => server.close())
  return server
}

const folder = await temporaryFolder()
let files = 0

function set(server: ChatServer, options: Partial<SynthesisOptions> = {}): SynthesisOptions {
  const out = join(folder.path, `stories-${files++}.jsonl`)
  const client = createChatClient({
    model: 'local',
    baseURL: server.baseURL,
    apiKey: 'any',
    cacheDir: `${out}.synthesis/replies`,
    prices: { input: 1, output: 1 },
    retryDelay: 5,
  })
  return { client, out, count: 30, seed: 5, ...options }
}

test('stories are written in the order of the plan, and openStories reads all of it', async () => {
  const options = set(await serve({ latency: [0, 10] }))
  const seen: number[] = []
  const report = await synthesizeStories({ ...options, onProgress: ({ stories }) => seen.push(stories) })
  expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  expect(report).toMatchObject({ stories: 30, resumed: 0, dropped: {}, diversity: { stories: 30 } })
  expect(report.diversity.coverage.verbs.used).toBe(30)
  expect(report.cost).toBeGreaterThan(0)
  const stories = await openStories(options.out).toArray()
  expect(stories).toHaveLength(30)
  for (const story of stories) {
    expect(story.words).toHaveLength(3)
    expect(story.text).toContain(story.words![1])
    expect(story.source).toBe('local')
    for (const word of story.words!) expect(story.prompt).toContain(`"${word}"`)
    expect(Array.isArray(story.features)).toBe(true)
  }
})

test('an instruction record is read back with all its parts; the other variant never has words and summary', async () => {
  const server = await serve()
  for (const ood of [false, true]) {
    const options = set(server, { instruct: true, ood, count: 60 })
    await synthesizeStories(options)
    const stories = await openStories(options.out).toArray()
    expect(stories.every(({ summary, text }) => summary !== undefined && !text.includes('Summary:'))).toBe(
      true,
    )
    expect(stories.every(({ prompt }) => /(^|\n)Story:$/.test(prompt!))).toBe(true)
    const both = stories.filter(({ prompt }) => prompt!.includes('Words:') && prompt!.includes('Summary:'))
    expect(both.length > 0).toBe(!ood)
    const withSentence = stories.filter(({ sentence }) => sentence !== undefined)
    expect(withSentence.length).toBeGreaterThan(0)
    for (const { text, sentence, prompt } of withSentence) {
      expect(prompt).toContain(`Random sentence: ${sentence}`)
      expect(text.replaceAll(/\s+/g, ' ').indexOf(sentence!)).toBeGreaterThan(0)
    }
  }
})

test('copies, near copies and rejected replies are counted and replaced', async () => {
  const kept = new Map<string, number>()
  let tales = 0
  const server = await serve({
    respond: ({ messages }) => {
      const request = messages[0]!.content
      const asked = (kept.get(request) ?? 0) + 1
      kept.set(request, asked)
      const place = [...kept.keys()].indexOf(request)
      // One plan in five has no story at all, one in five only at the second try, one in five a copy of the first story.
      if (place % 5 === 1) return 'I cannot do that.'
      if (place % 5 === 2 && asked === 1) return `${fakeStory(request)} And then the`
      if (place % 5 === 3 && tales > 0) return fakeStory(request).replace(/^[\s\S]*$/, text => copyOf(text))
      tales++
      return fakeStory(request)
    },
  })
  // The words of its own plan, behind a long text that is always the same.
  const common = [1, 2, 3].map(i => fakeStory(`use "x${i}", "y" as and "z" to`)).join('\n\n')
  const copyOf = (text: string): string =>
    `${common}\n\n${/There stood[^.]*\./.exec(text)?.[0]} ${/"May I[^"]*"/.exec(text)?.[0]}.`
  const options = set(server, { count: 20, concurrency: 1 })
  const report = await synthesizeStories(options)
  expect(report.stories).toBe(20)
  expect(Object.keys(report.dropped).sort()).toEqual(['near-duplicate', 'short'])
  expect(Object.keys(report.rejected).sort()).toEqual(['cut-off', 'short'])
  expect(report.removed).toEqual({})
  expect(report.dropped['near-duplicate']).toBeGreaterThanOrEqual(4)
  const lines = (await readFile(options.out, 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(20)
  // After a resume the counts are still there.
  const again = await synthesizeStories({ ...options, count: 21 })
  expect(again).toMatchObject({ stories: 21, resumed: 20 })
  expect(again.dropped.short).toBeGreaterThanOrEqual(report.dropped.short!)
})

/** Runs the process until it ends or is killed after so many stories. */
function makeIn(
  args: string[],
  killAt = Number.POSITIVE_INFINITY,
): Promise<{ code: number | null; errors: string }> {
  const script = fileURLToPath(new URL('../testing/synthesize-in-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@tinystories/source', script, ...args])
  let errors = ''
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    errors += piece
  })
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    if (Number(text.trimEnd().split('\n').at(-1)) >= killAt) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, errors }))
  })
}

test('killed again and again, the file becomes the one of a run without an end, and nothing kept is paid twice', async () => {
  const flawed = ({ messages }: { messages: { content: string }[] }): string => {
    const tale = fakeStory(messages[0]!.content)
    // Always the same replies are no stories.
    return tale.length % 7 === 0 ? 'no' : tale
  }
  const server = await serve({ respond: flawed, latency: [1, 6], faults: { reset: 0.05, halfReply: 0.05 } })
  const whole = set(server, { count: 120, instruct: true })
  await synthesizeStories(whole)
  const paid = server.counts().delivered
  const out = join(folder.path, 'killed.jsonl')
  for (const killAt of [7, 30, 31, 64, 100]) {
    expect(await makeIn([server.baseURL, out, '120'], killAt)).toEqual({ code: null, errors: '' })
  }
  expect(await makeIn([server.baseURL, out, '120'])).toEqual({ code: 0, errors: '' })
  const strip = (text: string): string => text.replaceAll(/"cost":[^,]+,/g, '')
  expect(strip(await readFile(out, 'utf8'))).toBe(strip(await readFile(whole.out, 'utf8')))
  // Five kills with at most 64 calls under way each.
  expect(server.counts().delivered - paid).toBeLessThanOrEqual(paid + 5 * 64)
}, 120_000)

test('half a line that a kill left is removed; anything else is refused with its place', async () => {
  const options = set(await serve(), { count: 3 })
  await synthesizeStories(options)
  const before = await readFile(options.out, 'utf8')
  await appendFile(options.out, '{"text": "half a')
  await synthesizeStories({ ...options, count: 4 })
  expect((await readFile(options.out, 'utf8')).startsWith(before)).toBe(true)
  expect((await openStories(options.out).toArray()).length).toBe(4)
  await appendFile(options.out, '{"text": "no note"}\n')
  await expect(synthesizeStories({ ...options, count: 5 })).rejects.toMatchObject({
    code: 'foreign-line',
    details: { path: options.out, line: 5 },
  })
})

test('a file without a story is bound to nothing yet', async () => {
  const options = set(await serve(), { count: 2 })
  const absent = { model: 'misspelt', complete: () => Promise.reject(new Error('there is no such model')) }
  await expect(synthesizeStories({ ...options, client: absent })).rejects.toThrow('there is no such model')
  expect((await synthesizeStories(options)).stories).toBe(2)
})

test('a file is continued only with the settings it was begun with', async () => {
  const options = set(await serve(), { count: 2 })
  await synthesizeStories(options)
  await expect(synthesizeStories({ ...options, seed: 6 })).rejects.toMatchObject({
    code: 'setting-differs',
    details: { path: options.out, setting: 'seed', saved: 5, current: 6 },
  })
  const foreign = await folder.write('foreign.jsonl', '{"text":"mine"}\n')
  await expect(synthesizeStories({ ...options, out: foreign })).rejects.toMatchObject({
    code: 'unknown-output',
  })
  await writeFile(`${options.out}.synthesis/settings.json`, '{')
  await expect(synthesizeStories(options)).rejects.toMatchObject({ name: 'InputError', code: 'not-json' })
  await expect(synthesizeStories({ ...options, ood: true })).rejects.toMatchObject({
    code: 'ood-without-instruct',
  })
  await expect(synthesizeStories({ ...options, count: 0 })).rejects.toMatchObject({
    code: 'invalid-option',
    details: { option: 'count', value: 0 },
  })
})

test('the budget ends the synthesis between two stories, and a higher one continues', async () => {
  const server = await serve()
  const options = set(server)
  const base = { model: 'local', baseURL: server.baseURL, apiKey: 'any', prices: { input: 100, output: 100 } }
  const cacheDir = `${options.out}.synthesis/replies`
  const poor = createChatClient({ ...base, cacheDir, budget: 0.3 })
  // Two at a time, which the budget allows: of more, the first might be the one that is refused.
  await expect(synthesizeStories({ ...options, client: poor, concurrency: 2 })).rejects.toThrow('is used up')
  expect(poor.account().cost).toBeLessThanOrEqual(0.3)
  const written = (await readFile(options.out, 'utf8')).split('\n').length - 1
  expect(written).toBeGreaterThan(0)
  const rich = createChatClient({ ...base, cacheDir })
  const report = await synthesizeStories({ ...options, client: rich })
  expect(report).toMatchObject({ stories: 30, resumed: written })
  expect(server.counts().delivered).toBe(30)
  expect(report.cost).toBeNear(poor.account().cost + rich.account().cost, { relative: 1e-12 })
})

test('a model that gives no stories is given up after some plans', async () => {
  const options = set(await serve({ respond: () => 'No.' }), { maxFailures: 4, attempts: 2 })
  await expect(synthesizeStories(options)).rejects.toMatchObject({
    code: 'no-stories',
    details: { model: 'local', plans: 4, dropped: { short: 4 } },
  })
})

test('an abort leaves whole lines behind', async () => {
  const server = await serve({ latency: [1, 5] })
  const controller = new AbortController()
  const options = set(server, { count: 200, signal: controller.signal })
  const reason = new Error('enough')
  const synthesis = synthesizeStories({
    ...options,
    onProgress: ({ stories }) => {
      if (stories === 40) controller.abort(reason)
    },
  })
  await expect(synthesis).rejects.toBe(reason)
  const text = await readFile(options.out, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  expect(text.trim().split('\n')).toHaveLength(40)
})
