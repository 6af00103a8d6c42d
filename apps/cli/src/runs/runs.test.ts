import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig } from '@tinystories/model'
import type { MetricsLine } from '@tinystories/trainer'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findRuns, readRun } from './read-run.ts'
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
  expect(JSON.parse(data)[0].samples[0].text).toBe('A cat </script><b>sat</b>.')
})

test('says which file is broken', async () => {
  const run = await writeRun('broken', 2)
  await writeFile(join(run, 'metrics.jsonl'), '{"type":"st')
  await expect(readRun(run)).rejects.toThrow(/metrics\.jsonl cannot be read/)
  await rm(join(run, 'config.json'))
  await writeFile(join(run, 'metrics.jsonl'), '')
  await expect(readRun(run)).rejects.toThrow(/config\.json cannot be read/)
  expect(await readFile(join(run, 'metrics.jsonl'), 'utf8')).toBe('')
})
