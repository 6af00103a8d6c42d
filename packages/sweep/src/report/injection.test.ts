import { launchChromium, skipWithoutChromium } from '@tinystories/testing/browser'
import { injections } from '@tinystories/testing/injections'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { parseSweepSpec } from '../spec/sweep-spec.ts'
import { resultSchemas } from '../stages/result-schemas.ts'
import { reportRow } from '../testing/report-row.ts'
import type { SweepReport } from './build-report.ts'
import { drawFigures } from './figures/draw-figures.ts'
import { decideFindings } from './findings.ts'
import { renderSweepHtml } from './render-html.ts'

/** All of them, one after the other. */
const hostile = injections.join(' ')

/** The value with the injections in place of every text. */
function poisoned(value: unknown): unknown {
  if (typeof value === 'string') return hostile
  if (Array.isArray(value)) return value.map(poisoned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, poisoned(each)]))
}

/** The value, once for each number in it, with the injections in its place. */
function* withoutNumbers(value: unknown): Generator<unknown> {
  if (typeof value === 'number') yield hostile
  if (typeof value !== 'object' || value === null) return
  for (const [name, each] of Object.entries(value))
    for (const changed of withoutNumbers(each))
      yield Array.isArray(value)
        ? value.map((old, i) => (i === Number(name) ? changed : old))
        : { ...value, [name]: changed }
}

test('a result with a text in place of any number is not read', () => {
  const half = { passed: 1, items: 2 }
  const { training, grades } = reportRow(64, 1, { scores: { grammar: () => 5 } })
  const results: Record<string, object> = {
    prepare: { vocabSize: 9, stories: 3, tokens: 8 },
    train: training!,
    probe: { probes: Object.values(reportRow(64, 1).probes!) },
    emergence: {
      points: [
        {
          ...{ step: 1, tokens: 9, bitsPerByte: 2 },
          probes: { grammar: half, facts: half, reasoning: half, context: half },
        },
      ],
    },
    generate: {
      completions: [{ promptId: 'a', mode: 'greedy', trial: 0, text: 'b' }],
      ...{ answers: [{ promptId: 'a', text: 'b', answer: 'right' }], continuations: ['a', null] },
    },
    measure: { completions: { completions: 1, meanWords: 2, repeating: 0 } },
    grade: {
      ...{ judge: 'a', rubricVersion: '1', ungraded: 0, gradings: grades!.gradings.slice(0, 2) },
      criteria: [{ name: 'grammar', label: 'Grammar', min: 1, max: 10 }],
    },
    instruct: { asked: 9, used: 3, usedByChance: 1, stories: [{ words: ['a'], text: 'b' }] },
  }
  expect(Object.keys(results)).toEqual(Object.keys(resultSchemas))
  for (const [stage, result] of Object.entries(results)) {
    expect(v.is(resultSchemas[stage]!, result), stage).toBe(true)
    const spoilt = [...withoutNumbers(result)]
    expect(spoilt.length).toBeGreaterThan(0)
    for (const each of spoilt) expect(v.is(resultSchemas[stage]!, each), JSON.stringify(each)).toBe(false)
  }
})

test.skipIf(skipWithoutChromium())('no text in a sweep can run code in its report', async () => {
  const scores = { grammar: () => 5 }
  const rows = [64, 128].map(hidden => reportRow(hidden, 1, { scores, instruction: { used: 3, asked: 9 } }))
  const spec = parseSweepSpec({ name: 'x', tokens: 9, grids: [{ hidden: [64, 128], layers: [1] }] }, 'x')
  const findings = decideFindings(rows)
  const report: SweepReport = {
    ...{ name: hostile, spec, rows, findings, scaling: null, prompts: [{ id: 'a', text: hostile }] },
    missing: [{ cell: hostile, stages: [hostile] }],
  }
  // Each text that is shown is spoilt.
  const spoilt: SweepReport = {
    ...report,
    rows: rows.map(({ cell, training, completions, answers, instruction, ...row }) => ({
      ...row,
      cell: { ...cell, name: hostile },
      training,
      completions: completions?.map(each => ({ ...each, text: hostile })),
      answers: answers?.map(each => ({ ...each, text: hostile })),
      instruction,
      failures: [{ stage: hostile, message: hostile }],
    })),
    findings: poisoned(findings) as typeof findings,
  }
  const named = rows.map(row => ({ ...row, cell: { ...row.cell, name: hostile } }))
  const html = renderSweepHtml(spoilt, await drawFigures({ rows: named, scaling: null }))
  expect(html.match(/&lt;img src=x/g)!.length).toBeGreaterThan(10)
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    await page.setContent(html, { waitUntil: 'load' })
    const found = await page.evaluate(`({
      ran: window.ran ?? 0,
      foreign: document.querySelectorAll('script, img, iframe, a[href], meta[http-equiv=refresh], [onerror], [onload], [onfocus], [ontoggle]').length,
      isWhole: document.querySelectorAll('h2').length > 2,
    })`)
    expect(found).toEqual({ ran: 0, foreign: 0, isWhole: true })
    expect(requests).toEqual([])
  } finally {
    await browser.close()
  }
})
