import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gptConfig } from '@tinystories/model'
import { launchChromium, skipWithoutChromium } from '@tinystories/testing/browser'
import { injections } from '@tinystories/testing/injections'
import type { MetricsLine } from '@tinystories/trainer'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findRuns, pointsFor, readRun, readRuns } from './read-run.ts'
import { runsJson } from './runs-json.ts'
import { runsPage } from './runs-page.ts'

const runSettings = {
  version: 1,
  data: 'sample',
  valid: null,
  separator: null,
  heldOut: 0.1,
  preset: 'sample',
  batchSize: 8,
  learningRate: 3e-3,
  weightDecay: 0.1,
  optimizer: 'muon',
  warmupSteps: 10,
  limits: { steps: 100 },
  seed: 42,
  engine: 'auto',
  threads: null,
  evaluateEvery: 50,
  checkpointEvery: 50,
  prompt: 'Once upon a time',
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runs-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function writeRun(name: string, steps: number, settings: object = {}): Promise<string> {
  const run = join(folder, name)
  await mkdir(join(run, 'model'), { recursive: true })
  const model = gptConfig('sample', { vocabSize: 512 })
  await writeFile(join(run, 'config.json'), JSON.stringify({ ...runSettings, model, ...settings }))
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
  expect(training.bitsPerByte[0]).toBeNear(2 - 1 / 4001, { relative: 1e-6 })
})

test('many runs share the points of a page, and keep their last ones', async () => {
  const run = await writeRun('many', 301)
  const evaluations = Array.from({ length: 301 }, (_, i) => ({
    ...{ type: 'evaluation', step: i + 1, seconds: 60, tokens: 9, bytes: 30 },
    ...{ nats: 2, bitsPerByte: 1, perplexity: 7, accuracy: 0.5 },
  }))
  await appendFile(join(run, 'metrics.jsonl'), evaluations.map(line => `${JSON.stringify(line)}\n`).join(''))
  expect([1, 50, 500, 5000].map(pointsFor)).toEqual([1500, 1500, 150, 100])
  const { training, heldOut } = await readRun(run, 107)
  expect([training.step.length, heldOut.step.length]).toEqual([101, 101])
  expect([training.step.at(-1), heldOut.step.at(-1), heldOut.step[0]]).toEqual([301, 301, 1])
})

test('the page holds everything, shows what differs, and no text escapes into it', async () => {
  const runs = [await writeRun('one', 5), await writeRun('<two>', 5, { seed: 7 })]
  const page = await runsPage((await readRuns(runs)).runs)
  expect(page).not.toMatch(/(src|href)="?http/)
  expect(page).toContain('<th scope="col">seed</th></tr>')
  expect(page).toContain('&lt;two&gt;')
  expect(page).not.toContain('</script><b>')
  const data = page.match(/<script id="runs" type="application\/json">(.*?)<\/script>/s)![1]!
  expect(JSON.parse(data)[1].name).toBe('<two>')
  expect(page).toContain('A cat &lt;/script&gt;&lt;b&gt;sat&lt;/b&gt;.')
  // A page is given to others: nothing in it says where the runs lie.
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
  const { version, runs } = runsJson(await readRuns([ended, goesOn, empty]))
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

test.each(['null', '[]', '{}', '{"type":"step"}', '{"type":"st', '"x"', '{"type":"step","step":"1"}'])(
  'a line %s is left out and named, and the rest is shown',
  async line => {
    const run = await writeRun('damaged', 2)
    await appendFile(join(run, 'metrics.jsonl'), `${line}\n`)
    const { runs, problems } = await readRuns([run])
    expect(runs[0]!.steps).toBe(2)
    expect(problems).toEqual([
      expect.stringMatching(/^A line of damaged is left out: .*metrics\.jsonl, line 4/),
    ])
  },
)

test.each(['{}', 'null', '{"bitsPerByte":"<b>"}', '{'])('a score %s is left out and named', async text => {
  const run = await writeRun('scored', 2)
  await writeFile(join(run, 'model/evaluation.json'), text)
  const { runs, problems } = await readRuns([run])
  expect(runs[0]!.score).toBeUndefined()
  expect(problems).toEqual([expect.stringMatching(/^The score of scored is left out: .*evaluation\.json/)])
})

test.each(['{"version":1}', 'null', '{"version":2}', '', '[1]'])(
  'settings %s leave one run out',
  async text => {
    const [good, bad] = [await writeRun('good', 2), await writeRun('bad', 2)]
    await writeFile(join(bad, 'config.json'), text)
    const { runs, problems } = await readRuns([bad, good])
    expect(runs.map(({ name }) => name)).toEqual(['good'])
    expect(problems).toEqual([expect.stringMatching(/^bad is left out: .*config\.json/)])
  },
)

describe.skipIf(skipWithoutChromium())('in a browser', () => {
  test('nothing runs, whichever text stands in place of all texts and numbers of runs', async ({
    onTestFinished,
  }) => {
    const poisoned = (value: unknown, text: string): unknown => {
      if (typeof value === 'string' || typeof value === 'number') return text
      if (Array.isArray(value)) return value.map(each => poisoned(each, text))
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value).flatMap(([name, each]) => [
          [name, poisoned(each, text)],
          [`${name}${text}`, text],
        ]),
      )
    }
    await writeRun('a', 30)
    const [summary] = (await readRuns(await findRuns([folder]))).runs
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    for (const text of injections) {
      const spoilt = poisoned(summary, text) as typeof summary
      const html = await runsPage([spoilt!, summary!])
      await page.setContent(html, { waitUntil: 'load' })
      expect(await page.evaluate('window.ran ?? 0'), text).toBe(0)
    }
    expect(requests).toEqual([])
  })

  test('nothing in a run can run code in the page, and the curves are drawn', async ({ onTestFinished }) => {
    const attack = injections.join(' ')
    const run = await writeRun(injections[1]!, 30, { data: attack, prompt: attack })
    await writeRun('other', 30)
    const figures = ['step', 'tokens', 'seconds', 'loss', 'bitsPerByte', 'learningRate']
    const lines = figures.map(figure => ({
      ...{ type: 'step', step: 31, tokens: 1, seconds: 1, loss: 1, bitsPerByte: 1, learningRate: 1 },
      ...{ gradientNorm: 1, tokensPerSecond: 1, [figure]: attack },
    }))
    const sample = { type: 'sample', step: 30, seconds: 1, text: attack }
    const text = [...lines, sample].map(line => `${JSON.stringify(line)}\n`).join('')
    await appendFile(join(run, 'metrics.jsonl'), text)
    await writeFile(join(run, 'story.txt'), attack)
    const { runs, problems } = await readRuns(await findRuns([folder]))
    expect(problems).toEqual([expect.stringMatching(/^6 lines of /)])
    const file = join(folder, 'runs.html')
    await writeFile(file, await runsPage(runs))
    const browser = await launchChromium()
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    page.on('console', message => message.type() === 'error' && errors.push(message.text()))
    await page.goto(pathToFileURL(file).href)
    await page.waitForSelector('#chart canvas')
    expect(await page.evaluate('window.ran')).toBeUndefined()
    expect(await page.locator('img, dd script, td script').count()).toBe(0)
    expect(await page.locator('dd').last().textContent()).toContain('A cat')
    // The policy blocks nothing of the page's own.
    expect(errors).toEqual([])
    // And it blocks what a hole in the template would let in.
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran=1">')`)
    await expect.poll(() => errors.join('\n')).toMatch(/Executing inline event handler violates/)
    expect(await page.evaluate('window.ran')).toBeUndefined()
  })
})
