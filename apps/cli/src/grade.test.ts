import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChatServer, startChatServer } from '@tinystories/llm/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInProcess, tinystories } from './testing/cli.ts'

const key = 'sk-planted-5a4b3c2d1e'
let folder: string
let server: ChatServer
const judged = new Map<string, number>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-grade-'))
  await writeFile(join(folder, 'key.txt'), `${key}\n`)
  server = await startChatServer({
    apiKey: key,
    models: ['judge'],
    // Later than the first look at it.
    batch: { delay: 400 },
    respond({ messages }) {
      const last = messages.at(-1)!.content
      judged.set(last, (judged.get(last) ?? 0) + 1)
      if (messages.length === 2) return 'The sentence is finished.'
      const good = messages[1]!.content.includes('good way') ? 8 : 5
      return `Grammar: ${good}/10, Creativity: ${good - 1}/10, Consistency: 6/10, Plot: 4/10, Age group: C (6-7)`
    },
  })
  for (const [name, word] of [
    ['good', 'good'],
    ['poor', 'poor'],
  ]) {
    const lines = Array.from({ length: 12 }, (_, i) =>
      JSON.stringify({
        prompt: `Story ${i >> 1} begins and`,
        completion: ` ends in a ${word} way, number ${i}.`,
      }),
    )
    await writeFile(join(folder, `${name}.jsonl`), `${lines.join('\n')}\n`)
  }
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const cli = (...args: string[]): ReturnType<typeof runInProcess> => runInProcess(args, { cwd: folder })
const judge = (): string[] => [
  '--server',
  server.baseURL,
  '--model',
  'judge',
  '--key-file',
  'key.txt',
  '--cache',
  'cache',
  '--prices',
  '1,2',
]

describe('a file of completions', () => {
  test('is graded once, compared, and reported; no key is left anywhere', async () => {
    const good = await cli('grade', 'good.jsonl', ...judge())
    expect(good.stderr).toBe('')
    expect(good.code).toBe(0)
    expect(good.stdout).toMatch(/Grammar +8\.00 of 10 {2}95 % interval 8\.00 to 8\.00 {2}\(100\.00 % read\)/)
    expect(good.stdout).toMatch(/12 graded, 0 in part, 0 ungraded; cost \$0\.\d+/)
    expect(readdirSync(join(folder, 'good-grades')).sort()).toEqual([
      'gradings.json',
      'journal.jsonl',
      'measures.json',
      'report.csv',
      'report.html',
      'report.json',
      'report.md',
    ])
    const requests = server.counts().requests
    const before = await readFile(join(folder, 'good-grades/report.html'), 'utf8')
    expect((await cli('grade', 'good.jsonl', ...judge())).code).toBe(0)
    expect(server.counts().requests).toBe(requests)
    expect(await readFile(join(folder, 'good-grades/report.html'), 'utf8')).toBe(before)

    expect((await cli('grade', 'poor.jsonl', ...judge(), '--budget', '1')).code).toBe(0)
    const compared = await cli('compare', 'good-grades', 'poor-grades', '--json')
    expect(compared.stderr).toBe('')
    expect(JSON.parse(compared.stdout)).toMatchObject({
      a: 'good',
      b: 'poor',
      criteria: [{ criterion: 'grammar', difference: 3, pairs: 6 }, {}, {}, {}],
    })
    expect((await cli('compare', 'good-grades', 'poor-grades')).stdout).toContain('## good against poor')
    expect((await cli('report', 'good-grades', 'poor-grades', '--out', 'both.html')).code).toBe(0)
    expect(await readFile(join(folder, 'both.html'), 'utf8')).toContain('Compared on the same prompts')
    expect((await cli('report', 'good-grades', '--format', 'csv', '--out', '-')).stdout).toMatch(
      /^model,judge/,
    )
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'key.txt')
        expect(readFileSync(join(entry.parentPath, entry.name), 'utf8')).not.toContain(key)
  })
})

test('a trained model: writes, is measured without a judge, then graded from the same completions', async () => {
  const tiny = [
    '--hidden',
    '16',
    '--layers',
    '1',
    '--heads',
    '2',
    '--vocab-size',
    '300',
    '--context',
    '64',
    '--batch',
    '4',
    '--steps',
    '20',
  ]
  expect((await cli('train', ...tiny, '--out', 'runs/tiny')).code).toBe(0)
  await writeFile(
    join(folder, 'b.yaml'),
    '- Once there was a cat who\n- Tom had a ball and\n- The sun was hot, so\n',
  )
  await writeFile(join(folder, 'p.json'), '[{"prompt":"After winter comes","accept":["spring"]}]')
  const common = ['--prompts', 'b.yaml', '--answer-prompts', 'p.json', '--trials', '2', '--max-tokens', '12']
  const measured = await cli('grade', 'runs/tiny', '--measures-only', '--corpus', 'sample', ...common)
  expect(measured.stderr).toBe('')
  expect(measured.code).toBe(0)
  const file = join(folder, 'runs/tiny/grades/completions.jsonl')
  const written = await readFile(file, 'utf8')
  expect(written.trimEnd().split('\n')).toHaveLength(6)
  expect(await readFile(join(folder, 'runs/tiny/grades/report.md'), 'utf8')).toContain(
    '4-grams that never occur in training',
  )
  // A kill in the middle of a line: that completion is written again, to the same words.
  await writeFile(file, written.slice(0, -20))
  const graded = await cli('grade', 'runs/tiny', ...judge(), ...common)
  expect(graded.stderr).toBe('')
  expect(await readFile(file, 'utf8')).toBe(written)
  expect(graded.stdout).toMatch(/6 graded/)
  const other = await cli('grade', 'runs/tiny', ...judge(), ...common, '--seed', '7')
  expect(other.code).toBe(1)
  expect(other.stderr).toMatch(
    /completions that were made with other settings \(seed\)\. Give another folder/,
  )
})

describe('in batches', () => {
  const paths = (name: string): string[] => ['--out', name, '--cache', `${name}-cache`]
  const batched = ['--batch', '--poll', '0.02']

  test('a file is graded in two waves at half the price; stopped and killed, nothing is paid twice', async () => {
    const batches = (): number => server.counts().batches
    const costIn = (text: string): number => Number(/ungraded; cost \$([\d.]+)/.exec(text)![1])
    const plain = await cli('grade', 'good.jsonl', ...judge(), ...paths('plain'))
    const [before, delivered] = [batches(), server.counts().delivered]
    // Ctrl-C while the first batch is under way, then a kill: held by a look that comes late.
    const slow = ['--batch', '--poll', '600']
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGKILL', null],
    ] as const) {
      const stopped = await tinystories(['grade', 'good.jsonl', ...judge(), ...paths('b'), ...slow], {
        cwd: folder,
        onStdout: (text, child) => /wave 1.*answered, (ended|in progress)/.test(text) && child.kill(signal),
      })
      expect(stopped.code).toBe(code)
      expect(stopped.stdout).toContain('Grading in batches: half the price')
      if (signal === 'SIGINT')
        expect(stopped.stdout).toContain('Stopped. The same command continues from here')
    }
    const whole = await cli('grade', 'good.jsonl', ...judge(), ...paths('b'), ...batched)
    expect(whole.stderr).toBe('')
    expect(whole.stdout).toMatch(/wave 1.*answered/)
    expect(whole.stdout).toMatch(/12 graded, 0 in part, 0 ungraded/)
    expect(costIn(whole.stdout) * 2).toBeCloseTo(costIn(plain.stdout), 3)
    expect(batches() - before).toBe(2)
    expect(server.counts().delivered - delivered).toBe(24)
    expect(readdirSync(join(folder, 'b'))).toContain('batch.json')
    const limited = await cli('grade', 'good.jsonl', ...judge(), ...batched, '--requests-per-minute', '5')
    expect(limited.stderr).toMatch(/--requests-per-minute: a batch takes its own time/)
  })

  test('a second process for the same folder gets one line; the first goes on', async () => {
    let second: ReturnType<typeof runInProcess> | undefined
    const first = await tinystories(
      ['grade', 'poor.jsonl', ...judge(), ...paths('twice'), '--batch', '--poll', '600'],
      {
        cwd: folder,
        onStdout(text, child) {
          if (!text.includes('wave 1') || second !== undefined) return
          second = cli('grade', 'poor.jsonl', ...judge(), ...paths('twice'))
          second.then(() => child.kill('SIGINT'))
        },
      },
    )
    const { code, stderr } = await second!
    expect(stderr).toMatch(/^error: .*journal\.jsonl\.lock is held by process \d+\. Wait/)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
    expect(first.code).toBe(130)
    expect((await cli('grade', 'poor.jsonl', ...judge(), ...paths('twice'), ...batched)).code).toBe(0)
  })
})

describe('mistakes are reported in one line', () => {
  const fails = async (args: string[], message: RegExp): Promise<void> => {
    const { code, stderr } = await cli(...args)
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).not.toContain(key)
    expect(code).toBe(1)
  }

  test('about the judge', async () => {
    const at = ['--server', server.baseURL, '--cache', 'cache-2']
    await Promise.all([
      fails(['grade', 'good.jsonl'], /--model: name the model that judges/),
      fails(
        ['grade', 'good.jsonl', '--model', 'judge'],
        /There is no key for the server\. Set OPENAI_API_KEY/,
      ),
      fails(
        ['grade', 'good.jsonl', '--model', 'judge', '--key-file', 'none.txt'],
        /none\.txt: there is no such file/,
      ),
      fails(['grade', 'good.jsonl', '--model', 'judge', ...at, '--out', 'failed-1'], /401/),
      fails(
        ['grade', 'good.jsonl', '--model', 'nobody', '--key-file', 'key.txt', ...at, '--out', 'failed-2'],
        /nobody/,
      ),
      fails(
        [
          'grade',
          'good.jsonl',
          ...judge(),
          '--budget',
          '0.000001',
          '--out',
          'failed-3',
          '--cache',
          'cache-2',
        ],
        /budget.*too small for one call/i,
      ),
    ])
  })

  test('about files', async () => {
    await writeFile(join(folder, 'bad.jsonl'), '{"prompt":"a","completion":"b"}\n{"prompt":"a"}\n')
    await writeFile(join(folder, 'r.yaml'), 'name: x\n')
    await writeFile(join(folder, 'p.yaml'), '- Tom had a\n')
    await mkdir(join(folder, 'old'))
    await writeFile(
      join(folder, 'old/journal.jsonl'),
      '{"format":"tinystories-grading-journal","version":0}\n',
    )
    await mkdir(join(folder, 'old-cache'))
    await writeFile(join(folder, 'old-cache/cache.json'), '{"version":999}\n')
    await Promise.all([
      fails(['grade', 'bad.jsonl', ...judge()], /bad\.jsonl, line 2: .*the field "completion"/),
      fails(['grade', 'missing.jsonl', ...judge()], /missing\.jsonl: there is no such file/),
      fails(
        ['grade', 'good.jsonl', ...judge(), '--prompts', 'p.yaml'],
        /--prompts is for a model that generates/,
      ),
      fails(
        ['grade', 'good.jsonl', ...judge(), '--rubric', 'kindness.yaml'],
        /kindness\.yaml: there is no such file/,
      ),
      fails(['grade', 'good.jsonl', ...judge(), '--rubric', 'r.yaml'], /r\.yaml: title:/),
      fails(
        ['grade', 'good.jsonl', ...judge(), '--out', 'old'],
        /old\/journal\.jsonl has version 0 of its format/,
      ),
      fails(['compare', 'old', 'old'], /old has no gradings/),
      fails(['grade', 'good.jsonl', ...judge(), '--out', 'new', '--cache', 'old-cache'], /cache/i),
      fails(['grade', 'good.jsonl', ...judge(), '--out', 'new', '--cache', 'r.yaml'], /r\.yaml/),
    ])
    expect(await readdir(folder)).not.toContain('new')
  })
})
