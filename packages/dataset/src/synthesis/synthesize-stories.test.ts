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

test('copies, near copies and replies that are no stories are dropped and counted, and made up for', async () => {
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
  const common = fakeStory('use "x", "y" as and "z" to').repeat(4)
  const copyOf = (text: string): string =>
    `${common}\n\n${/There stood[^.]*\./.exec(text)?.[0]} ${/"May I[^"]*"/.exec(text)?.[0]}.`
  const options = set(server, { count: 20, concurrency: 1 })
  const report = await synthesizeStories(options)
  expect(report.stories).toBe(20)
  expect(Object.keys(report.dropped).sort()).toEqual(['duplicate', 'short'])
  expect(report.dropped.duplicate).toBeGreaterThanOrEqual(4)
  const lines = (await readFile(options.out, 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(20)
  // Gone on with, the counts are still there.
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

test('half a line that a kill left is taken off; anything else is refused with its place', async () => {
  const options = set(await serve(), { count: 3 })
  await synthesizeStories(options)
  const before = await readFile(options.out, 'utf8')
  await appendFile(options.out, '{"text": "half a')
  await synthesizeStories({ ...options, count: 4 })
  expect((await readFile(options.out, 'utf8')).startsWith(before)).toBe(true)
  expect((await openStories(options.out).toArray()).length).toBe(4)
  await appendFile(options.out, '{"text": "no note"}\n')
  await expect(synthesizeStories({ ...options, count: 5 })).rejects.toThrow(/jsonl, line 5: this is no story/)
})

test('a file without a story is bound to nothing yet', async () => {
  const options = set(await serve(), { count: 2 })
  const absent = { model: 'misspelt', complete: () => Promise.reject(new Error('there is no such model')) }
  await expect(synthesizeStories({ ...options, client: absent })).rejects.toThrow('there is no such model')
  expect((await synthesizeStories(options)).stories).toBe(2)
})

test('a file goes on only with the settings it was begun with', async () => {
  const options = set(await serve(), { count: 2 })
  await synthesizeStories(options)
  await expect(synthesizeStories({ ...options, seed: 6 })).rejects.toThrow(
    `${options.out} was begun with another seed (5, not 6). Go on with the same, or choose another file.`,
  )
  const foreign = await folder.write('foreign.jsonl', '{"text":"mine"}\n')
  await expect(synthesizeStories({ ...options, out: foreign })).rejects.toThrow('is there already')
  await writeFile(`${options.out}.synthesis/settings.json`, '{')
  await expect(synthesizeStories(options)).rejects.toThrow('is not JSON')
  await expect(synthesizeStories({ ...options, ood: true })).rejects.toThrow('give instruct as well')
  await expect(synthesizeStories({ ...options, count: 0 })).rejects.toThrow('count is 0')
})

test('the budget ends the making between two stories, and a higher one goes on', async () => {
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
  expect(report.cost).toBeCloseTo(poor.account().cost + rich.account().cost, 10)
})

test('a model that tells no stories is given up after some plans', async () => {
  const options = set(await serve({ respond: () => 'No.' }), { maxFailures: 4, attempts: 2 })
  await expect(synthesizeStories(options)).rejects.toThrow(
    'local gave no story for 4 plans in a row (4 short). Try another model or other limits of length.',
  )
})

test('an abort leaves whole lines behind', async () => {
  const server = await serve({ latency: [1, 5] })
  const controller = new AbortController()
  const options = set(server, { count: 200, signal: controller.signal })
  const reason = new Error('enough')
  const making = synthesizeStories({
    ...options,
    onProgress: ({ stories }) => {
      if (stories === 40) controller.abort(reason)
    },
  })
  await expect(making).rejects.toBe(reason)
  const text = await readFile(options.out, 'utf8')
  expect(text.endsWith('\n')).toBe(true)
  expect(text.trim().split('\n')).toHaveLength(40)
})
