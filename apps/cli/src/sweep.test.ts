import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runInProcess, tinystories } from './testing/cli.ts'

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tinystories-sweep-'))
})
afterAll(() => rm(cwd, { recursive: true, force: true }))

const spec = {
  name: 'tiny',
  tokens: 2048,
  context: 32,
  batchSize: 4,
  vocabSize: 512,
  maxTokens: 8,
  beams: 2,
  continuations: 2,
  prompts: ['Once upon a time'],
  grids: [{ hidden: [8, 16], layers: [1] }],
}

test('a sweep trains its cells, is interrupted, resumes, adds cells, and reports', async () => {
  await writeFile(join(cwd, 'sweep.json'), JSON.stringify(spec))
  const run = ['sweep', 'run', 'sweep.json', '--out', 'out', '--threads', '1']
  const first = await tinystories(run, {
    cwd,
    onStdout: (text, child) => {
      if (text.includes('done    prepare')) child.kill('SIGINT')
    },
  })
  expect(first.stdout).toContain('What is done is kept; the same command continues.')
  expect(first.code).toBe(130)

  const second = await runInProcess(run, { cwd })
  expect(second.stderr).not.toContain('error')
  expect(second.stdout).not.toContain('done    prepare')
  expect(second.stdout).toContain('done    train h16-l1-a16-t2048-s42')
  expect(second.stdout).toContain('Report: out/report.html')
  expect(second.code).toBe(0)
  const report = JSON.parse(await readFile(join(cwd, 'out', 'report.json'), 'utf8'))
  expect(report.missing).toEqual([])
  expect(report.rows).toHaveLength(2)
  expect(report.rows[0].training).toMatchObject({ tokens: 2048, steps: 16 })
  expect(report.rows[0].completions.map(({ mode }: { mode: string }) => mode)).toEqual([
    ...['greedy', 'sampled', 'beams'],
  ])
  expect(report.rows[0].grades.judge).toBe('offline')
  expect(report.rows[0].emergence.map(({ step }: { step: number }) => step)).toEqual([8, 16])

  // On another machine the report alone says what is done; a model that it has not is trained.
  const elsewhere = join(cwd, 'elsewhere')
  await mkdir(elsewhere)
  await writeFile(join(elsewhere, 'sweep.json'), JSON.stringify(spec))
  const again = await runInProcess([...run, '--done', join(cwd, 'out/report.json')], { cwd: elsewhere })
  expect(again.stdout).toContain('tiny: 2 models, 13 stages, 13 of them done, in out')
  expect(again.stdout).not.toContain('done    ')
  expect(again.code).toBe(0)
  expect(await readFile(join(elsewhere, 'out/report.json'), 'utf8')).toBe(
    await readFile(join(cwd, 'out/report.json'), 'utf8'),
  )

  await writeFile(
    join(cwd, 'sweep.json'),
    JSON.stringify({ ...spec, grids: [{ hidden: [8, 16], layers: [1, 2] }] }),
  )
  const third = await runInProcess([...run, '--shard', '2/3', '--json'], { cwd })
  expect(third.stderr.match(/done {4}train/g)).toHaveLength(1)
  expect(JSON.parse(third.stdout)).toMatchObject({
    report: join(cwd, 'out', 'report.json'),
    models: { length: 4 },
    missing: { length: 1 },
  })
  const status = await runInProcess(['sweep', 'status', 'out', '--json'], { cwd })
  const tasks = JSON.parse(status.stdout).tasks as { stage: string; state: string }[]
  const trainings = tasks.filter(({ stage }) => stage === 'train')
  expect(trainings.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'ready'])
})

test.each([
  ['sweep run missing.json --out x', /Cannot read .*missing\.json/],
  ['sweep run bad.json --out x', /bad\.json: grids\.0\.hidden\.0: expected/],
  ['sweep run impossible.json --out x', /h16-l1-a3-t2048-s42 \(heads\): 3 heads do not divide/],
  ['sweep status nowhere', /There is no sweep in/],
  ['sweep work nowhere --queue postgres://localhost/x', /There is no sweep in/],
  ['sweep run good.json --out x --done good.json', /good\.json: rows: expected/],
  ['sweep run good.json --out x --done report.json', /report\.json: rows\.0, train: tokens: expected/],
  ['sweep run good.json --out x --shard 1/2 --workers 2', /Leave out --shard/],
  ['sweep run good.json --out x --shard 5/4', /Give --shard 1\/4 to 4\/4/],
  ['sweep run good.json --out x --shard five', /is not a part such as 3\/16/],
  ['reproduce --size huge --out x', /--size/],
])('%s: one clear line, exit code 1', async (line, message) => {
  const grid = spec.grids[0]!
  await writeFile(join(cwd, 'good.json'), JSON.stringify(spec))
  const training = { parameters: 1, coreParameters: 1, tokens: '2048' }
  await writeFile(join(cwd, 'report.json'), JSON.stringify({ rows: [{ tasks: { train: 'a' }, training }] }))
  await writeFile(join(cwd, 'bad.json'), JSON.stringify({ ...spec, grids: [{ ...grid, hidden: ['8'] }] }))
  await writeFile(join(cwd, 'impossible.json'), JSON.stringify({ ...spec, grids: [{ ...grid, heads: [3] }] }))
  const { code, stderr } = await runInProcess(line.split(' '), { cwd })
  expect(stderr).toMatch(message)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(1)
})

test('probe measures what a model knows, for people and for programs', async () => {
  const { stdout, code } = await runInProcess(['probe', 'out/tasks', '--json'], { cwd })
  expect(code).toBe(1)
  expect(stdout).toBe('')
  const tasks = JSON.parse((await runInProcess(['sweep', 'status', 'out', '--json'], { cwd })).stdout).tasks
  const { id } = tasks.find(
    ({ stage, state }: { stage: string; state: string }) => stage === 'train' && state === 'done',
  )
  const json = await runInProcess(['probe', `out/tasks/train-${id}/run`, '--json'], { cwd })
  expect(json.code).toBe(0)
  const { probes } = JSON.parse(json.stdout) as { probes: { kind: string; items: number; passed: number }[] }
  expect(new Set(probes.map(({ kind }) => kind))).toEqual(
    new Set(['grammar', 'facts', 'reasoning', 'context']),
  )
  for (const { items, passed } of probes) expect(passed).toBeLessThanOrEqual(items)
})
