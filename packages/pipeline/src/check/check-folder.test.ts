import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { openStories, writeTokenShards } from '@tinystories/dataset'
import { openJournal, parseScores, renderGradings, rubricVersion, storyRubric } from '@tinystories/grader'
import { createChatClient } from '@tinystories/llm'
import { gptConfig, parameterShapes } from '@tinystories/model'
import { encodePretrained, encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import { trainTokenizer } from '@tinystories/tokenizer'
import { CheckpointStore } from '@tinystories/trainer'
import { acquireLock } from '@tinystories/utils/disk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startOfRun } from '../../../trainer/src/run/checkpoint.ts'
import { defaultRecipe } from '../recipe/recipe.ts'
import type { RunSettings } from '../run/run-settings.ts'
import { formatSettings } from '../source/read-options.ts'
import { type CheckReport, checkFolder } from './check-folder.ts'

const config = gptConfig('sample', { hiddenSize: 4, layers: 1, heads: 2, contextLength: 8, vocabSize: 12 })
const settings: RunSettings = {
  ...{ version: 1, data: 'stories.txt', valid: null, ...formatSettings({}) },
  ...{
    heldOut: 0.1,
    from: null,
    preset: 'sample',
    windowLength: null,
    fit: null,
    tokensPerEpoch: null,
    patience: null,
  },
  ...{ ...defaultRecipe, model: config },
  limits: { steps: 9, tokens: null, epochs: null, minutes: null },
  ...{ onSpike: 'warn', sampleEvery: null, engine: 'auto', provider: null, threads: null, workers: null },
  ...{ evaluateEvery: 5, checkpointEvery: 5, keepCheckpoints: 2, prompt: 'Once' },
  ...{ instruct: null, promptLossWeight: 0, dropLong: false },
  ...{ fromAdapter: null, keptSteps: null, adapter: null, freeze: [] },
}
const sample = `${JSON.stringify({ type: 'sample', step: 1, seconds: 1, text: 'Once' })}\n`
const reply = 'Grammar: 8/10, Creativity: 7/10, Consistency: 7/10, Plot: 4/10, Age group: E (10-12)'
const judgment = {
  ...{ scores: parseScores(reply, storyRubric).scores, problems: {}, assessment: 'Good.', replies: [reply] },
  ...{ flags: [], model: 'judge', usage: { inputTokens: 9, outputTokens: 9 }, cost: 0 },
}

let made: string
let folder: string
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'check-made-'))
  await makeRun(join(made, 'runs/a'))
  const tokenizer = await trainTokenizer(['the cat sat on the mat'], { vocabSize: 240 })
  await writeTokenShards(openStories(['the cat sat', 'the mat']), tokenizer, join(made, 'shards'))
  await mkdir(join(made, 'grades'))
  const journal = await openJournal(join(made, 'grades/journal.jsonl'))
  for (const key of ['a', 'b']) await journal.append(key, judgment)
  await journal.close()
  const completion = { promptId: 'a', prompt: 'Mia had a', trial: 0, text: ' ball.' }
  const gradings = [{ completion, regrade: 0, status: 'graded' as const, judgment }]
  const run = {
    name: 'm',
    judge: 'j',
    rubric: storyRubric,
    rubricVersion: rubricVersion(storyRubric),
    gradings,
  }
  await writeFile(join(made, 'grades/gradings.json'), renderGradings(run))
  await chat(join(made, 'replies'))
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-'))
  await cp(made, folder, { recursive: true })
  return () => rm(folder, { recursive: true, force: true })
})
afterAll(() => rm(made, { recursive: true, force: true }))

async function makeRun(run: string): Promise<void> {
  const shapes = parameterShapes(config)
  const parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
    ]),
  )
  const store = new CheckpointStore({
    folder: join(run, 'checkpoints'),
    format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
    shapes,
  })
  await store.prepare()
  for (const step of [1, 2])
    await store.write({ parameters, optimizer: { first: parameters } }, { ...startOfRun, step })
  await writeFile(join(run, 'config.json'), JSON.stringify(settings))
  await writeFile(join(run, 'metrics.jsonl'), sample)
  await mkdir(join(run, 'model'))
  for (const [name, parts] of Object.entries(await encodePretrained({ config, parameters })))
    await writeFile(join(run, 'model', name), Buffer.from(await new Blob(parts as BlobPart[]).arrayBuffer()))
}

async function chat(cacheDir: string): Promise<void> {
  const client = createChatClient({
    ...{ model: 'judge', baseURL: 'http://127.0.0.1:9/v1', apiKey: 'none', cacheDir },
    fetch: async () =>
      Response.json({
        model: 'judge',
        choices: [{ index: 0, message: { role: 'assistant', content: reply }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 3, completion_tokens: 9 },
      }),
  })
  await client.complete({ messages: [{ role: 'user', content: 'Judge this.' }] })
}

/** What is wrong, as `path: code`, with what can be done about it. */
const wrong = ({ problems }: CheckReport): string[] =>
  problems.map(({ path, error, repair, repaired }) => {
    const { code } = error as { code: string }
    return `${relative(folder, path)}: ${code}${repair ? `, ${repair}` : ''}${repaired ? 'd' : ''}`
  })

async function change(path: string, edit: (text: string) => string): Promise<void> {
  const at = join(folder, path)
  await writeFile(at, edit(await readFile(at, 'latin1')), 'latin1')
}

const holder = (fields: object): string =>
  JSON.stringify({ pid: 2 ** 22 + 1, started: null, host: hostname(), id: 'a', ...fields })

test('finds nothing in what is whole, and says what it checked', async () => {
  expect(await checkFolder(folder)).toEqual({
    checked: {
      ...{ run: 1, checkpoint: 2, model: 1, 'token shards': 1, gradings: 1 },
      ...{ 'replies of a judge': 1 },
    },
    problems: [],
    inUse: [],
  })
  await expect(checkFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' })
})

test('names every file that is damaged', async () => {
  const flip = (text: string): string => `${text.slice(0, -3)}\u0001${text.slice(-2)}`
  await change('runs/a/checkpoints/step-00000001/parameters.safetensors', flip)
  await change('runs/a/checkpoints/step-00000002/checkpoint.json', text =>
    text.replace('"step": 2', '"step": 3'),
  )
  await change('runs/a/config.json', text => text.replace('"batchSize":', '"batch":'))
  await change('runs/a/metrics.jsonl', text => `${text.replace('"Once"', '{}')}${text}`)
  await change('runs/a/model/model.safetensors', text => text.slice(0, -8))
  await writeFile(join(folder, 'runs/a/model/evaluation.json'), '{}')
  for (const file of ['shard-00000.bin', 'tokenizer.json']) await change(`shards/${file}`, flip)
  await change('grades/gradings.json', text => text.replace('"graded"', '"<img>"'))
  await change('grades/journal.jsonl', text => text.replace('Good', 'Best'))
  await writeFile(join(folder, 'grades/measures.json'), '{"completions":1,"meanWords":"<img>","repeating":0}')
  const replies = (await readdir(join(folder, 'replies'), { recursive: true })).filter(name =>
    /\/.*json$/.test(name),
  )
  await change(`replies/${replies[0]}`, text => text.replace('"paid":1', '"paid":"1"'))
  expect(wrong(await checkFolder(folder))).toEqual([
    'grades/gradings.json: invalid-value',
    'grades/journal.jsonl: journal-damaged',
    'grades/measures.json: invalid-value',
    `replies/${replies[0]}: invalid-value`,
    'runs/a/config.json: invalid-value',
    'runs/a/metrics.jsonl: invalid-value',
    'runs/a/model: truncated',
    'runs/a/model/evaluation.json: invalid-value',
    'shards/shard-00000.bin: wrong-checksum',
    'shards/tokenizer.json: wrong-checksum',
  ])
  // The shapes of the checkpoints' parameters are those of the settings.
  await writeFile(join(folder, 'runs/a/config.json'), JSON.stringify(settings))
  expect(wrong(await checkFolder(join(folder, 'runs/a/checkpoints/..')))).toEqual([
    'runs/a/metrics.jsonl: invalid-value',
    'runs/a/checkpoints/step-00000001: damaged-checkpoint',
    'runs/a/checkpoints/step-00000002: damaged-checkpoint',
    'runs/a/model: truncated',
    'runs/a/model/evaluation.json: invalid-value',
  ])
})

describe.skipIf(process.platform !== 'linux')(
  'what is no file, or of no size that a file of ours has',
  () => {
    const kinds: Record<string, (path: string) => Promise<unknown>> = {
      device: path => symlink('/dev/zero', path),
      pipe: async path => execFileSync('mkfifo', [path]),
      socket: path =>
        new Promise<void>(resolve => {
          const server = createServer().listen(path, () => resolve())
          sockets.push(server)
        }),
      folder: path => mkdir(path),
      // A terabyte of zeros that takes no place.
      'sparse file': async path => {
        await writeFile(path, '')
        await truncate(path, 2 ** 40)
      },
    }
    const sockets: Server[] = []
    afterAll(() => {
      for (const server of sockets) server.close()
    })

    test.each(Object.keys(kinds))('%s', { timeout: 20_000 }, async kind => {
      const all = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(each =>
        each.isFile(),
      )
      for (const each of all) {
        const path = join(each.parentPath, each.name)
        await rm(path)
        await kinds[kind]!(path)
      }
      const before = process.resourceUsage().maxRSS
      const { problems } = await checkFolder(folder)
      // Without a configuration nobody knows the shapes in checkpoints, and without an index nobody knows shards.
      expect(problems.map(({ path }) => relative(folder, path)).sort()).toEqual([
        ...['grades/gradings.json', 'grades/journal.jsonl', 'grades/journal.jsonl', 'replies/cache.json'],
        ...['runs/a/config.json', 'runs/a/metrics.jsonl', 'runs/a/model', 'shards/index.json'],
      ])
      const codes = new Set(problems.map(({ error }) => (error as { code: string }).code))
      expect([...codes].join()).toMatch(
        kind === 'sparse file' ? /^(?:too-large|damaged|,)+$/ : /^(?:not-regular|unreadable|is-folder|,)+$/,
      )
      // Kilobytes; the longest line that is looked at has 64 MiB.
      expect(process.resourceUsage().maxRSS - before).toBeLessThan(256 * 1024)

      const lock = join(folder, 'runs/a/run.lock')
      await kinds[kind]!(lock)
      expect(wrong(await checkFolder(join(folder, 'runs')))[0]).toMatch(
        /^runs\/a\/run\.lock: (?:not-regular|too-large|is-folder)$/,
      )
      await rm(join(folder, 'runs/a/config.json'), { recursive: true })
      await writeFile(join(folder, 'runs/a/config.json'), JSON.stringify(settings))
      const checkpoints = (await checkFolder(join(folder, 'runs'))).problems.filter(({ path }) =>
        /step/.test(path),
      )
      expect(checkpoints).toHaveLength(2)
      await rm(join(folder, 'shards/index.json'), { recursive: true })
      await cp(join(made, 'shards/index.json'), join(folder, 'shards/index.json'))
      const shards = (await checkFolder(join(folder, 'shards'))).problems
      expect(shards.length).toBeGreaterThan(0)
    })
  },
)

const id = '01234567-89ab-cdef-0123-456789abcdef'

test('repairs what killed processes left, and touches nothing else', async () => {
  const before = (await readdir(folder, { recursive: true })).sort()
  await change('runs/a/metrics.jsonl', text => `${text}{"type":"st`)
  await change('grades/journal.jsonl', text => `${text}{"check":"`)
  await writeFile(join(folder, 'shards/unfinished.json'), '{}')
  const left = [
    `grades/gradings.json.${id}.tmp`,
    'shards/shard-00001.bin.tmp',
    `replies/ab12.json.7-0-01234567.part`,
  ]
  for (const path of left) await writeFile(join(folder, path), 'half')
  await mkdir(join(folder, 'runs/a/checkpoints/.step-00000003.17.tmp'))
  await writeFile(join(folder, 'runs/a/checkpoints/.step-00000003.17.tmp/a'), 'half')
  await writeFile(join(folder, 'runs/a/run.lock'), holder({}))
  await mkdir(join(folder, 'runs/a/run.lock.takeover'))
  const mine = ['notes.tmp', 'yarn.lock', 'runs/a/lock.json', 'b.part']
  for (const path of mine) await writeFile(join(folder, path), '{"mine":1}')
  const expected = (suffix: string): string[] => [
    `grades/gradings.json.${id}.tmp: leftover, remove${suffix}`,
    `grades/journal.jsonl: half-line, cut-line${suffix}`,
    `replies/ab12.json.7-0-01234567.part: leftover, remove${suffix}`,
    `runs/a/run.lock: stale-lock, remove${suffix}`,
    `runs/a/run.lock.takeover: stale-lock, remove${suffix}`,
    `runs/a/metrics.jsonl: half-line, cut-line${suffix}`,
    `runs/a/checkpoints/.step-00000003.17.tmp: leftover, remove${suffix}`,
    `shards/shard-00001.bin.tmp: leftover, remove${suffix}`,
    `shards/unfinished.json: leftover, remove${suffix}`,
  ]
  expect(wrong(await checkFolder(folder)).toSorted()).toEqual(expected('').toSorted())
  const repaired = await checkFolder(folder, { repair: true })
  expect(wrong(repaired).toSorted()).toEqual(expected('d').toSorted())
  expect((await readdir(folder, { recursive: true })).sort()).toEqual([...before, ...mine].sort())
  expect(await readFile(join(folder, 'runs/a/metrics.jsonl'), 'utf8')).toBe(sample)
  expect((await checkFolder(folder)).problems).toEqual([])
})

test('leaves alone what a running process writes, here or on another machine, and does not follow links', async () => {
  await change('runs/a/metrics.jsonl', text => `${text}{"type":"st`)
  await writeFile(join(folder, `runs/a/model/config.json.${id}.tmp`), 'half')
  await writeFile(join(folder, 'grades/journal.jsonl.lock'), holder({ host: 'elsewhere' }))
  await symlink(folder, join(folder, 'shards/again'))
  const lock = await acquireLock(join(folder, 'runs/a/run.lock'))
  const report = await checkFolder(folder, { repair: true })
  await lock.release()
  expect(wrong(report)).toEqual([])
  expect(report.inUse.map(path => relative(folder, path))).toEqual(['grades', 'runs/a'])
  expect(report.checked.run).toBe(1)
  expect(wrong(await checkFolder(join(folder, 'runs')))).toEqual([
    'runs/a/metrics.jsonl: half-line, cut-line',
    `runs/a/model/config.json.${id}.tmp: leftover, remove`,
  ])
})

test('asks further checkers, reports what they throw, and stops when it is asked to', async () => {
  const checker = {
    matches: (names: ReadonlySet<string>) => names.has('grades'),
    check: async (at: string, { attempt }: { attempt: (path: string, work: () => never) => unknown }) => {
      await attempt(at, () => {
        throw Object.assign(new Error('no'), { code: 'no' })
      })
    },
  }
  expect(wrong(await checkFolder(folder, { checkers: [checker] }))).toEqual([': no'])
  const stopped = checkFolder(folder, { signal: AbortSignal.abort(new Error('stop')) })
  await expect(stopped).rejects.toThrow('stop')
})
