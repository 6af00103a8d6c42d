import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig } from '@tinystories/model'
import type { MetricsLine } from '@tinystories/trainer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findRuns, readRun } from './read-run.ts'
import { runsJson } from './runs-json.ts'
import { runsPage } from './runs-page.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runs-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function writeRun(name: string, steps: number, settings: object = {}): Promise<string> {
  const run = join(folder, name)
  await mkdir(join(run, 'model'), { recursive: true })
  const model = gptConfig('sample', { vocabSize: 512 })
  await writeFile(join(run, 'config.json'), JSON.stringify({ version: 1, model, seed: 42, ...settings }))
  const lines: MetricsLine[] = Array.from({ length: steps }, (_, i) => ({
    type: 'step',
    step: i + 1,
    tokens: (i + 1) * 100,
    seconds: (i + 1) * 6,
    loss: 4 - i / steps,
    bitsPerByte: 2 - i / steps,
    learningRate: 0.001,
    gradientNorm: 1,
    tokensPerSecond: 1000,
  }))
  lines.push({ type: 'sample', step: steps, seconds: steps, text: 'A cat </script><b>sat</b>.' })
  await writeFile(join(run, 'metrics.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  return run
}

test('finds a run, and the runs of a folder', async () => {
  const b = await writeRun('b', 3)
  const a = await writeRun('a', 3)
  expect(await findRuns([folder])).toEqual([a, b])
  expect(await findRuns([b, folder])).toEqual([b, a])
  await expect(findRuns([join(folder, 'no')])).rejects.toThrow('does not exist')
  await expect(findRuns([join(a, 'model')])).rejects.toThrow('holds no run')
})

test('averages long runs and keeps their last step', async () => {
  const { training, steps, tokens } = await readRun(await writeRun('long', 4001))
  expect([steps, tokens]).toEqual([4001, 400_100])
  expect(training.step.length).toBeLessThanOrEqual(1500)
  expect(training.step.at(-1)).toBe(4001)
  expect(training.minutes.at(-1)).toBe(400.1)
  // The mean of the steps 1 to 3.
  expect(training.bitsPerByte[0]).toBeCloseTo(2 - 1 / 4001, 5)
})

test('the page holds everything, shows what differs, and no text escapes into it', async () => {
  const runs = [await writeRun('one', 5), await writeRun('<two>', 5, { seed: 7 })]
  const page = await runsPage(await Promise.all(runs.map(readRun)))
  expect(page).not.toMatch(/(src|href)="?http/)
  expect(page).toContain('<th scope="col">seed</th></tr>')
  expect(page).toContain('&lt;two&gt;')
  expect(page).not.toContain('</script><b>')
  const data = page.match(/<script id="runs" type="application\/json">(.*?)<\/script>/s)![1]!
  expect(JSON.parse(data)[1].name).toBe('<two>')
  expect(page).toContain('A cat &lt;/script&gt;&lt;b&gt;sat&lt;/b&gt;.')
  // A page is given to others: nothing in it tells where the runs lie.
  expect(page).not.toContain(folder)
})

test('a run that goes on or was killed in the middle of a line is read up to there', async () => {
  const run = await writeRun('killed', 4)
  await appendFile(join(run, 'metrics.jsonl'), '{"type":"step","step":5,"lo')
  expect((await readRun(run)).steps).toBe(4)
})

test('as JSON a comparison has the figures and settings of each run, as numbers', async () => {
  const ended = await writeRun('ended', 3, { seed: 7 })
  const score = { nats: 2, bitsPerByte: 0.9, perplexity: 7.4, accuracy: 0.5, tokens: 10, bytes: 40 }
  await writeFile(join(ended, 'model/evaluation.json'), JSON.stringify(score))
  const goesOn = await writeRun('goes-on', 2)
  const evaluation = { type: 'evaluation', step: 2, seconds: 12, ...score, bitsPerByte: 1.5 }
  await appendFile(join(goesOn, 'metrics.jsonl'), `${JSON.stringify(evaluation)}\n`)
  const empty = await writeRun('empty', 0)
  const { version, runs } = runsJson(await Promise.all([ended, goesOn, empty].map(readRun)))
  expect(version).toBe(1)
  expect(runs.map(({ name, ended, bitsPerByte, bestStep }) => [name, ended, bitsPerByte, bestStep])).toEqual([
    ['ended', true, 0.9, null],
    ['goes-on', false, 1.5, 2],
    ['empty', false, null, null],
  ])
  expect(runs[0]).toMatchObject({ folder: ended, steps: 3, tokens: 300, seconds: 18, score })
  expect(runs[0]!.settings.seed).toBe(7)
  expect(runs[1]!.evaluations).toEqual([{ step: 2, tokens: 200, seconds: 12, nats: 2, bitsPerByte: 1.5 }])
})

test('a damaged line is left out; missing settings are named', async () => {
  const run = await writeRun('broken', 2)
  await appendFile(join(run, 'metrics.jsonl'), '{"type":"st\nnull\n')
  expect((await readRun(run)).steps).toBe(2)
  await rm(join(run, 'config.json'))
  await expect(readRun(run)).rejects.toThrow(/config\.json cannot be read/)
})
