import { launchChromium, skipWithoutChromium } from '@tinystories/testing/browser'
import { injectedCode, injections } from '@tinystories/testing/injections'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { grade } from '../judging/grade.ts'
import type { Grading } from '../judging/grading.ts'
import { measureCompletions } from '../measures/measure-completions.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import { buildReport } from './build-report.ts'
import { parseGradings, renderGradings } from './gradings-file.ts'
import { parseReport } from './parse-report.ts'
import { renderCsv } from './render-csv.ts'
import { renderHtml } from './render-html.ts'
import { renderJson } from './render-json.ts'
import type { Report } from './report.ts'

async function reportOf(): Promise<Report> {
  const completions = [0, 1, 2, 3].map(i => ({
    promptId: `p${i >> 1}`,
    trial: i & 1,
    prompt: 'Once',
    text: ` a cat sat ${i}.`,
    reference: ' a cat.',
    instruction: { words: ['cat'], sentence: 'a cat sat' },
  }))
  const gradings = completions.map(
    (completion): Grading => ({
      completion,
      regrade: 0,
      status: 'graded',
      failure: 'none',
      judgment: {
        scores: { grammar: 8, creativity: 7, consistency: 9, plot: 6, age: 'C' },
        problems: { plot: { reason: 'unclear', found: 'x' } },
        weighted: { grammar: 7.5 },
        assessment: 'good',
        replies: ['x'],
        flags: [{ kind: 'addresses-judge', detail: 'x' }],
        model: 'judge',
        usage: { inputTokens: 1, outputTokens: 1 },
        cost: 0.1,
      },
    }),
  )
  const one = { name: 'one', judge: 'judge', rubric: storyRubric, rubricVersion: 'story@1', gradings }
  const measures = await measureCompletions(completions, { corpus: ['a cat sat on a mat'] })
  const { estimates } = buildReport([await grade(completions, { judge: 'offline' })])
  return {
    ...buildReport([one, { ...one, name: 'two' }], { measures: [measures, measures] }),
    estimates: estimates!,
    warnings: ['x'],
  }
}

/** A parsed file whose fields a test spoils. */
// biome-ignore lint/suspicious/noExplicitAny: any field of any file
type Poisonable = any

/** The report with a text in place of every text and number. */
function poisoned(value: unknown, text: string): unknown {
  if (typeof value === 'string' || typeof value === 'number') return text
  if (Array.isArray(value)) return value.map(each => poisoned(each, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === 'kind' && each !== 'addresses-judge' ? each : poisoned(each, text),
    ]),
  )
}

describe.skipIf(skipWithoutChromium())('injections', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = await launchChromium()
    page = await browser.newPage()
  })
  // Another document, in a window of its own.
  beforeEach(async () => {
    await page.goto('about:blank')
  })
  afterEach(() => page.removeAllListeners())
  afterAll(() => browser?.close())

  test.each(injections)('in every field, numbers included, nothing runs: %s', async text => {
    const report = poisoned(await reportOf(), text) as Report
    // Where the number of gradings decides what is shown.
    for (const model of report.models) Object.assign(model, { gradings: 4 })
    const html = renderHtml(report)
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    await page.setContent(html, { waitUntil: 'load' })
    // The page's own script has run when it shows the filters.
    const found = await page.evaluate(`({
      ran: window.ran ?? 0,
      scripts: document.querySelectorAll('script').length,
      foreign: document.querySelectorAll('img, iframe, base, a[href], style ~ style, [onerror], [onload], [onfocus], [ontoggle], [onmouseover]').length,
      items: document.querySelectorAll('.item').length,
      isFiltered: document.querySelector('#filters')?.hidden === false,
    })`)
    expect(found).toEqual({ ran: 0, scripts: 1, foreign: 0, items: 8, isFiltered: true })
    expect(requests).toEqual([])
    expect(errors).toEqual([])
  })

  test("the policy stops a script that is not the page's own", async () => {
    const html = renderHtml(await reportOf()).replace(
      '<main>',
      `<main><script>${injectedCode}</script><img src="data:," onerror="${injectedCode}">`,
    )
    await page.setContent(html, { waitUntil: 'load' })
    expect(await page.evaluate('window.ran ?? 0')).toBe(0)
  })
})

test('files with texts in place of numbers or states are refused with the place', async () => {
  const report = await reportOf()
  const [image] = injections
  const spoil = (change: (value: Poisonable) => void, text: string): string => {
    const value = JSON.parse(text)
    change(value)
    return JSON.stringify(value)
  }
  const json = renderJson(report)
  expect(parseReport(json, 'r.json').models).toHaveLength(2)
  for (const [path, change] of [
    [
      'models.0.criteria.0.max',
      (value: Poisonable) => {
        value.models[0].criteria[0].max = image
      },
    ],
    [
      'models.0.items.0.status',
      (value: Poisonable) => {
        value.models[0].items[0].status = image
      },
    ],
    [
      'models.0.costKnown',
      (value: Poisonable) => {
        value.models[0].costKnown = image
      },
    ],
    [
      'rubric.criteria',
      (value: Poisonable) => {
        value.rubric.criteria = null
      },
    ],
    [
      'models.0.items.0',
      (value: Poisonable) => {
        value.models[0].items[0] = null
      },
    ],
  ] as const)
    expect(() => parseReport(spoil(change, json), 'r.json')).toThrow(`r.json: ${path}`)
  const gradings = renderGradings({
    name: 'one',
    judge: 'j',
    rubric: storyRubric,
    rubricVersion: 's',
    gradings: report.models[0]!.items,
  })
  for (const [path, change] of [
    [
      'gradings.0.status',
      (value: Poisonable) => {
        value.gradings[0].status = image
      },
    ],
    [
      'rubric.criteria.0.max',
      (value: Poisonable) => {
        value.rubric.criteria[0].max = image
      },
    ],
    [
      'rubric',
      (value: Poisonable) => {
        delete value.rubric
      },
    ],
    [
      'gradings.1',
      (value: Poisonable) => {
        value.gradings[1] = null
      },
    ],
  ] as const)
    expect(() => parseGradings(spoil(change, gradings), 'g.json')).toThrow(`g.json: ${path}`)
})

test('no cell of the CSV is a formula', async () => {
  for (const text of [
    '=1+1',
    '+1',
    '-1+1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '=HYPERLINK("http://x","y")',
    '\uff1d1+1',
  ]) {
    const csv = renderCsv(poisoned(await reportOf(), text) as Report)
    const cells = csv.slice(csv.indexOf('\r\n')).match(/(?<=[,\n])(?:"(?:[^"]|"")*"|[^,"\r\n]*)/g)!
    for (const cell of cells) expect(cell.replace(/^"/, '')).not.toMatch(/^\s*[=+\-@\uff1d]/)
  }
})
