import type { MeasuresSummary } from '@tinystories/grader/measures'
import { expect, test } from 'vitest'
import { parseSweepSpec } from '../spec/sweep-spec.ts'
import { reportRow } from '../testing/report-row.ts'
import type { SweepReport } from './build-report.ts'
import type { ReportRow } from './collect-rows.ts'
import { drawFigures, type SweepFigures } from './figures/draw-figures.ts'
import { chinchillaFlops } from './figures/scaling-chart.ts'
import { decideFindings } from './findings.ts'
import { fitPowerLaw } from './fit-power-law.ts'
import { renderSweepHtml } from './render-html.ts'
import { renderSweepMarkdown } from './render-markdown.ts'

const hostile = '<img src=x onerror=alert(1)>|`[a](javascript:alert(2))`\n# x'

function reportOf(rows: ReportRow[], name = 'test'): SweepReport {
  const spec = parseSweepSpec({ name, tokens: 1000, grids: [{ hidden: [64], layers: [1] }] }, 'test')
  const points = rows.flatMap(({ training }) =>
    training ? [{ x: training.flops, y: training.bitsPerByte }] : [],
  )
  return {
    ...{ name, spec, rows, findings: decideFindings(rows), scaling: fitPowerLaw(points) ?? null },
    prompts: [
      { id: 'a', text: 'Once' },
      { id: 'b', text: null },
    ],
    missing: [{ cell: 'h64-l2', stages: ['grade'] }],
  }
}

const measures: MeasuresSummary = {
  ...{ completions: 10, meanWords: 20, repeating: 0.25 },
  ...{ originalPrecision: summary(0.2), among: summary(0.3), corpusPrecision: summary(0.4) },
  frequencies: [
    { k: 4, grams: 100, never: 70, histogram: { '-10': 70, '-5': 30 } },
    { k: 5, grams: 100, never: 90, histogram: { '-10': 90, '-5': 10 } },
  ],
}

function summary(mean: number): { mean: number; histogram: number[] } {
  return { mean, histogram: [0, 2, 8, 0, 0, 0, 0, 0, 0, 0] }
}

/** Stands for pictures where they do not matter. */
const pictures: SweepFigures = {
  ...{ main: '<svg/>', scaling: '<svg/>', probes: '<svg/>', emergence: '<svg/>', novelty: '' },
}

test('text of models and files cannot become markup', () => {
  const rows = [reportRow(64, 1), reportRow(64, 2)]
  rows[0]!.completions![0]!.text = hostile
  rows[1]!.training = undefined
  rows[1]!.failures = [{ stage: 'train', message: hostile }]
  const report = reportOf(rows, hostile)
  report.prompts[0]!.text = hostile
  const html = renderSweepHtml(report, pictures)
  expect(html).not.toContain('<img')
  expect(html.match(/&lt;img src=x/g)!.length).toBeGreaterThanOrEqual(4)
  expect(html).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'/)
  expect(html).not.toContain('<script')
  const markdown = renderSweepMarkdown(report, pictures)
  expect(markdown).not.toContain('novelty.svg')
  expect(markdown).not.toContain('<img')
  expect(markdown).not.toMatch(/[^\\]\[a\]\(/)
  expect(markdown).not.toMatch(/^# x/m)
  expect(markdown).toContain('h64-l2')
})

test('every part is there, what is missing is named, and texts that are not to be repeated are not', async () => {
  const rows = [64, 128, 256, 512].map((hidden, at) =>
    reportRow(hidden, 1, {
      training: { flops: 10 ** (9 + at), bitsPerByte: 2 - at / 4, parameters: hidden * 100 },
      scores: { grammar: () => 7 },
      instruction: { used: 30, asked: 40 },
    }),
  )
  for (const row of rows) row.measures = { completions: measures, continuations: measures }
  rows.push(reportRow(64, 1, { cell: { name: 'h64-l1-a2', heads: 2 } }))
  rows.push(reportRow(64, 8, { cell: { name: 'h64-l8-instruct', instruct: true } }))
  rows.push(reportRow(64, 8))
  rows[0]!.completions!.push({ promptId: 'b', mode: 'beams', trial: 0, text: ' the end.' })
  const report = reportOf(rows)
  const figures = await drawFigures(report)
  const markdown = renderSweepMarkdown(report, figures)
  const titles = [...markdown.matchAll(/^## (.*)$/gm)].map(([, title]) => title)
  expect(titles).toEqual([
    ...['Findings of the paper', 'Models', 'Scaling', 'Emergence during training', 'Evaluation results'],
    ...['Heads and layers', 'Following instructions', 'Diversity and novelty'],
    ...['Facts, reasoning and context tracking', 'Missing', 'Completions'],
  ])
  // The paper's loss stands beside the models that it is of.
  expect(markdown).toMatch(/^\| h64-l8 \| .* \| 0\.74 \|/m)
  expect(markdown).toMatch(/^\| h64-l8-instruct \| 1,000 \| 1,000 \| 1\.000 \| - \|/m)
  expect(figures.scaling.match(/hidden size: \d+"/g)).toHaveLength(6)
  expect(markdown).toContain('| h64-l2 | grade |')
  expect(markdown).toContain('| 64 x 1 | 0.20 | 0.30 | 0.40 | 70 | 90 | 25 |')
  expect(markdown).toContain('| h64-l1 | 1 | 30 of 40 | 75 | 13 |')
  expect(markdown).toContain('Scores of different judges do not compare')
  expect(markdown).toContain('**Scores by test-judge**')
  expect(markdown).toContain('> (b of the prompt file)')
  expect(markdown).toContain('- **64 x 1, beams**: the end.')
  for (const name of ['main', 'scaling', 'probes', 'emergence', 'novelty'])
    expect(markdown).toContain(`](${name}.svg)`)
  expect(figures.scaling).toContain('20 tokens a parameter: 50')
  expect(await drawFigures(report)).toEqual(figures)
  const html = renderSweepHtml(report, figures)
  expect(html.match(/<svg/g)).toHaveLength(5)
  expect(html).toContain('<td class="undecided">undecided')
})

test('results of two judges never share a table', () => {
  const rows = [reportRow(64, 1, { scores: { grammar: () => 7 } }), reportRow(64, 2)]
  rows[1]!.grades = { ...rows[0]!.grades!, judge: 'offline' }
  rows.push(reportRow(64, 4))
  const report = reportOf(rows)
  const markdown = renderSweepMarkdown(report, pictures)
  const tableOf = (label: string): string => markdown.split(`**${label}**`)[1]!.split('\n\n')[1]!
  expect(tableOf('Scores by test-judge')).toContain('h64-l1')
  expect(tableOf('Scores by test-judge')).not.toContain('h64-l2')
  expect(tableOf('Offline estimate')).toContain('h64-l2')
  expect(markdown).toContain('Not graded: h64-l4.')
})

test('nothing to show gives no picture', async () => {
  expect(new Set(Object.values(await drawFigures(reportOf([]))))).toEqual(new Set(['']))
})

test('the Chinchilla point of the data set has 22.5 M parameters', () => {
  expect(chinchillaFlops(450e6)).toBeNear(6 * 22.5e6 * 450e6, { relative: 1e-12 })
})
