import type { ProbeKind, ProbeResult } from '@tinystories/interpret/probes'
import { expect, test } from 'vitest'
import type { Cell } from '../spec/expand-cells.ts'
import type { SweepReport } from './build-report.ts'
import type { ReportRow } from './collect-rows.ts'
import { compareShares } from './compare-shares.ts'
import { decideFindings, type Verdict } from './findings.ts'
import { fitPowerLaw } from './fit-power-law.ts'
import { renderSweepHtml } from './render-html.ts'
import { renderSweepMarkdown } from './render-markdown.ts'
import { scalingFigure } from './scaling-figure.ts'

const kinds: readonly ProbeKind[] = ['grammar', 'facts', 'reasoning', 'context']

/** A row with made-up numbers: how many of 200 items of each kind the model passes, and its loss. */
function row(
  hidden: number,
  layers: number,
  passed: Partial<Record<ProbeKind, number>>,
  { flops = 1e9, bitsPerByte = 1 } = {},
): ReportRow {
  const cell: Cell = {
    ...{ name: `h${hidden}-l${layers}`, hidden, layers, heads: 4, seed: 1, tokens: 1000, learningRate: null },
  }
  const probe = (kind: ProbeKind): ProbeResult => {
    const count = passed[kind] ?? 100
    const accuracy = count / 200
    return {
      ...{ kind, phenomenon: kind, items: 200, passed: count, skipped: 0, accuracy },
      ...{ interval: [0, 1], chance: 0.5 },
    }
  }
  return {
    cell,
    training: {
      ...{ parameters: 1000, coreParameters: 500, tokens: 1000, steps: 10, flops, bitsPerByte },
      ...{ loss: 2, accuracy: 0.3 },
    },
    probes: Object.fromEntries(kinds.map(kind => [kind, probe(kind)])) as ReportRow['probes'],
    phenomena: undefined,
    completions: [{ promptId: 'a', trial: 0, prompt: 'Once', text: ' upon a time.' }],
    measures: undefined,
    failures: [],
  }
}

function verdictOf(rows: ReportRow[], beginning: string): Verdict {
  return decideFindings(rows).find(({ statement }) => statement.startsWith(beginning))!.verdict
}

test.each([
  ['Depth brings consistency', 'context', [64, 1], [64, 8]],
  ['Width brings facts', 'facts', [64, 8], [256, 8]],
  ['Consistency emerges', 'context', [64, 8], [128, 8]],
] as const)('%s: the numbers turn the verdict', (statement, kind, low, high) => {
  const rows = (less: number, more: number) => [
    row(low[0], low[1], { [kind]: less }),
    row(high[0], high[1], { [kind]: more }),
  ]
  expect(verdictOf(rows(100, 170), statement)).toBe('supported')
  expect(verdictOf(rows(170, 100), statement)).toBe('contradicted')
  expect(verdictOf(rows(100, 105), statement)).toBe('undecided')
  expect(verdictOf(rows(100, 100), statement)).toBe('undecided')
  expect(verdictOf([], statement)).toBe('undecided')
})

test('Grammar plateaus first: the numbers turn the verdict', () => {
  const rows = (...passed: number[]) => passed.map((grammar, at) => row(64 * 2 ** at, 4, { grammar }))
  expect(verdictOf(rows(100, 180, 185), 'Grammar plateaus')).toBe('supported')
  expect(verdictOf(rows(100, 105, 185), 'Grammar plateaus')).toBe('contradicted')
  expect(verdictOf(rows(100, 140, 180), 'Grammar plateaus')).toBe('undecided')
  expect(verdictOf(rows(100, 180), 'Grammar plateaus')).toBe('undecided')
})

test('The power law: the numbers turn the verdict', () => {
  const rows = (exponent: number, noise = 0) =>
    [1, 2, 3, 4, 5, 6].map(at =>
      row(64, at, {}, { flops: 10 ** (9 + at), bitsPerByte: 10 ** (exponent * at) * (1 + noise * (at % 2)) }),
    )
  expect(verdictOf(rows(-0.05), 'The loss falls')).toBe('supported')
  expect(verdictOf(rows(0.05), 'The loss falls')).toBe('contradicted')
  expect(verdictOf(rows(-0.001, 0.4), 'The loss falls')).toBe('undecided')
  expect(verdictOf(rows(-0.05).slice(0, 3), 'The loss falls')).toBe('undecided')
})

test('verdicts are corrected for the number of findings that were tested', () => {
  // p of about 0.03 by itself: enough alone, not enough among three.
  const alone = [row(64, 8, { context: 100 }), row(128, 8, { context: 122, facts: 100 })]
  const difference = compareShares(alone, 'context', [
    { weight: 1, hidden: 128, layers: 8 },
    { weight: -1, hidden: 64, layers: 8 },
  ])
  expect(difference?.p).toBeGreaterThan(0.025)
  expect(difference?.p).toBeLessThan(0.05)
  expect(verdictOf(alone, 'Consistency emerges')).toBe('undecided')
})

test('a difference of shares has the interval of Agresti and Caffo', () => {
  const rows = [row(64, 1, { context: 120 }), row(64, 8, { context: 160 })]
  const difference = compareShares(rows, 'context', [
    { weight: 1, hidden: 64, layers: 8 },
    { weight: -1, hidden: 64, layers: 1 },
  ])!
  // By hand: p = 161/202 and 121/202, standard error sqrt(p1 q1 / 202 + p2 q2 / 202).
  const error = Math.sqrt(((161 / 202) * (41 / 202)) / 202 + ((121 / 202) * (81 / 202)) / 202)
  expect(difference.value).toBeNear(0.2, { relative: 1e-12 })
  expect(difference.high - difference.value).toBeNear(1.959963984540054 * error, { relative: 1e-12 })
  expect(compareShares(rows, 'context', [{ weight: 1, hidden: 32, layers: 1 }])).toBeUndefined()
})

test('the power law is the one of scipy', () => {
  // scipy 1.17.1, stats.linregress on the logarithms; interval by stats.t.ppf(0.975, 3).
  const points = [
    { x: 1e9, y: 2.7 },
    { x: 3e9, y: 2.4 },
    { x: 1e10, y: 2.05 },
    { x: 4e10, y: 1.8 },
    { x: 1e11, y: 1.65 },
  ]
  const fit = fitPowerLaw(points)!
  expect(fit.exponent).toBeNear(-0.10789804830634368, { relative: 1e-9 })
  expect(fit.factor).toBeNear(25.113442366418372, { relative: 1e-9 })
  expect(fit.rSquared).toBeNear(0.9961308371510659, { relative: 1e-9 })
  expect(fit.low).toBeNear(-0.12025366306652333, { relative: 1e-6 })
  expect(fit.high).toBeNear(-0.09554243354616404, { relative: 1e-6 })
  expect(fitPowerLaw(points.slice(0, 3))).toBeUndefined()
  expect(fitPowerLaw(points.map(({ y }) => ({ x: 1, y })))).toBeUndefined()
})

const hostile = '<img src=x onerror=alert(1)>|`[a](javascript:alert(2))`\n# x'

test('text of models and files cannot become markup', async () => {
  const rows = [row(64, 1, {}), row(64, 2, {})]
  rows[0]!.completions![0] = { promptId: 'a', trial: 0, prompt: hostile, text: hostile }
  rows[1]!.training = undefined
  rows[1]!.failures = [{ stage: 'train', message: hostile }]
  const report: SweepReport = {
    name: hostile,
    spec: {
      name: hostile,
      data: 'sample',
      context: 64,
      batchSize: 8,
      tokens: 1,
      trials: 1,
      maxTokens: 1,
      grids: [],
    },
    rows,
    findings: decideFindings(rows),
    scaling: null,
    missing: ['h64-l2'],
  }
  const html = renderSweepHtml(report, await scalingFigure(report))
  expect(html).not.toContain('<img')
  expect(html.match(/&lt;img src=x/g)!.length).toBeGreaterThanOrEqual(4)
  expect(html).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'/)
  expect(html).not.toContain('<script')
  const markdown = renderSweepMarkdown(report)
  expect(markdown).not.toContain('<img')
  expect(markdown).not.toMatch(/[^\\]\[a\]\(/)
  expect(markdown).not.toMatch(/^# x/m)
  expect(markdown).toContain('h64-l2')
})
