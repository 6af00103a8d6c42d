import { expect, test } from 'vitest'
import { type RowNumbers, reportRow } from '../testing/report-row.ts'
import { mainRows, type ReportRow } from './collect-rows.ts'
import { contrastShares } from './contrast.ts'
import type { Finding } from './finding.ts'
import { decideFindings } from './findings.ts'
import { fitPowerLaw } from './fit-power-law.ts'

function findingOf(rows: ReportRow[], start: string): Finding {
  return decideFindings(rows).find(({ statement }) => statement.startsWith(start))!
}

test.each([
  ['Depth brings consistency', 'context', [64, 1], [64, 8]],
  ['Width brings facts', 'facts', [64, 8], [256, 8]],
  ['Consistency emerges', 'context', [64, 8], [128, 8]],
] as const)('%s: the numbers turn the verdict', (statement, kind, low, high) => {
  const verdict = (less: number, more: number) => {
    const rows = [
      reportRow(low[0], low[1], { passed: { [kind]: less } }),
      reportRow(high[0], high[1], { passed: { [kind]: more } }),
    ]
    return findingOf(rows, statement).verdict
  }
  expect(verdict(100, 170)).toBe('supported')
  expect(verdict(170, 100)).toBe('contradicted')
  expect(verdict(100, 105)).toBe('undecided')
  expect(verdict(100, 100)).toBe('undecided')
  expect(findingOf([], statement)).toMatchObject({ verdict: 'undecided', effect: null, evidence: '' })
})

test('Shallow models reach grammar before consistency: as parts of the way from chance to all', () => {
  const verdict = (grammar: number, context: number, layers = 1) =>
    findingOf([reportRow(64, layers, { passed: { grammar, context } })], 'Shallow models')
  expect(verdict(170, 110).verdict).toBe('supported')
  expect(verdict(170, 110).effect!.value).toBeNear(0.6, { relative: 1e-12 })
  expect(verdict(110, 170).verdict).toBe('contradicted')
  expect(verdict(120, 115).verdict).toBe('undecided')
  expect(verdict(170, 110, 2).effect).toBeNull()
})

test('Grammar plateaus first: the last widening must bring context more', () => {
  const verdict = (grammar: number[], context: number[]) =>
    findingOf(
      grammar.map((count, at) =>
        reportRow(64 * 2 ** at, 4, { passed: { grammar: count, context: context[at]! } }),
      ),
      'Grammar plateaus',
    ).verdict
  expect(verdict([100, 180, 185], [100, 105, 170])).toBe('supported')
  expect(verdict([100, 105, 185], [100, 150, 155])).toBe('contradicted')
  expect(verdict([100, 140, 180], [100, 140, 180])).toBe('undecided')
  expect(verdict([100, 180], [100, 170])).toBe('undecided')
})

test("The largest model's creativity lags: paired by prompt, in the model with the most parameters", () => {
  const graded = (grammar: number, creativity: number, parameters: number) =>
    reportRow(parameters / 1000, 4, {
      training: { parameters },
      // Differences between prompts must not hide the one between criteria.
      scores: {
        grammar: prompt => grammar + (prompt % 5) / 4,
        creativity: prompt => creativity + (prompt % 5) / 4,
      },
    })
  const verdict = (rows: ReportRow[]) => findingOf(rows, "The largest model's creativity").verdict
  expect(verdict([graded(8, 5, 64_000), graded(5, 5, 16_000)])).toBe('supported')
  expect(verdict([graded(5, 8, 64_000), graded(8, 5, 16_000)])).toBe('contradicted')
  expect(verdict([graded(6, 6, 64_000)])).toBe('undecided')
  expect(verdict([reportRow(64, 4, { scores: { grammar: () => 8 } })])).toBe('undecided')
  const { effect, evidence } = findingOf([graded(8, 5, 64_000)], "The largest model's")
  expect(effect!.value).toBeNear(3 / 9, { relative: 1e-12 })
  expect(evidence).toContain('h64-l4, graded by test-judge, 20 prompts')
})

test('Width brings coherent plots: graded at two widths', () => {
  const verdict = (narrow: number, wide: number) =>
    findingOf(
      [
        reportRow(64, 4, { scores: { plot: () => narrow } }),
        reportRow(256, 4, { scores: { plot: () => wide } }),
      ],
      'Width brings coherent plots',
    ).verdict
  expect(verdict(4, 7)).toBe('supported')
  expect(verdict(7, 4)).toBe('contradicted')
  expect(verdict(5, 5)).toBe('undecided')
})

test('Instructions: one layer against two, and against four', () => {
  const row = (layers: number, used: number): ReportRow =>
    reportRow(128, layers, { instruction: { used, asked: 300 } })
  const verdicts = (one: number, two: number, four: number) => {
    const rows = [row(1, one), row(2, two), row(4, four)]
    return ['One layer fails', 'Following instructions'].map(name => findingOf(rows, name).verdict)
  }
  expect(verdicts(30, 120, 200)).toEqual(['supported', 'supported'])
  expect(verdicts(200, 120, 30)).toEqual(['contradicted', 'contradicted'])
  expect(verdicts(100, 102, 200)).toEqual(['undecided', 'supported'])
  expect(findingOf([row(1, 30)], 'One layer fails').effect).toBeNull()
})

test('The power law: the numbers turn the verdict, and a bad fit leaves it open', () => {
  const verdict = (exponent: number, noise = 0, count = 6) => {
    const rows = [1, 2, 3, 4, 5, 6].slice(0, count).map(at => {
      const bitsPerByte = 10 ** (exponent * at) * (1 + noise * (at % 2))
      return reportRow(64, at, { training: { flops: 10 ** (9 + at), bitsPerByte } })
    })
    return findingOf(rows, 'The loss falls').verdict
  }
  expect(verdict(-0.05)).toBe('supported')
  expect(verdict(0.05)).toBe('contradicted')
  expect(verdict(-0.001, 0.4)).toBe('undecided')
  expect(verdict(-0.05, 0.17)).toBe('undecided')
  expect(verdict(-0.05, 0, 3)).toBe('undecided')
})

test('20 M parameters for the whole data set: exponents with parameters and tokens are equal or not', () => {
  const verdict = (bySize: number, byTokens: number) => {
    const rows = [8, 16, 32, 64].flatMap((millions, at) =>
      [450e6, 225e6].map(tokens => {
        const parameters = millions * 1e6
        // A little noise, so that there is something to estimate.
        const bitsPerByte = millions ** -bySize * (tokens / 450e6) ** -byTokens * (1 + 1e-4 * (at % 2))
        const training: RowNumbers['training'] = { parameters, tokens, bitsPerByte }
        return reportRow(millions, 8, { training, cell: { tokens } })
      }),
    )
    return findingOf(rows, 'A model of about 20 M').verdict
  }
  expect(verdict(0.08, 0.085)).toBe('supported')
  expect(verdict(0.2, 0.08)).toBe('contradicted')
  expect(findingOf([reportRow(512, 8)], 'A model of about 20 M').effect).toBeNull()
})

test('verdicts are corrected for the number of findings that were tested', () => {
  // p of about 0.03 by itself: enough alone, not enough among several.
  const rows = [
    reportRow(64, 8, { passed: { context: 100 } }),
    reportRow(128, 8, { passed: { context: 122 } }),
  ]
  const contrast = contrastShares(rows, [
    { weight: 1, kind: 'context', hidden: 128, layers: 8 },
    { weight: -1, kind: 'context', hidden: 64, layers: 8 },
  ])
  expect(contrast?.p).toBeGreaterThan(0.025)
  expect(contrast?.p).toBeLessThan(0.05)
  const { verdict, effect } = findingOf(rows, 'Consistency emerges')
  expect(verdict).toBe('undecided')
  expect(effect!.correctedP).toBeNear(2 * contrast!.p, { relative: 1e-9 })
})

test('a difference of shares has the interval of Agresti and Caffo', () => {
  const rows = [
    reportRow(64, 1, { passed: { context: 120 } }),
    reportRow(64, 8, { passed: { context: 160 } }),
  ]
  const contrast = contrastShares(rows, [
    { weight: 1, kind: 'context', hidden: 64, layers: 8 },
    { weight: -1, kind: 'context', hidden: 64, layers: 1 },
  ])!
  // By hand: p = 161/202 and 121/202, standard error sqrt(p1 q1 / 202 + p2 q2 / 202).
  const error = Math.sqrt(((161 / 202) * (41 / 202)) / 202 + ((121 / 202) * (81 / 202)) / 202)
  expect(contrast.value).toBeNear(0.2, { relative: 1e-12 })
  expect(contrast.high - contrast.value).toBeNear(1.959963984540054 * error, { relative: 1e-12 })
  expect(contrastShares(rows, [{ weight: 1, kind: 'context', hidden: 32, layers: 1 }])).toBeUndefined()
})

test('only models that differ in size and seed alone are compared', () => {
  const names = mainRows([
    reportRow(64, 1, { cell: { name: 'main' } }),
    reportRow(64, 1, { cell: { name: 'other seed', seed: 2 } }),
    reportRow(64, 1, { cell: { name: 'fewer heads', heads: 2 } }),
    reportRow(64, 2, { cell: { name: 'few heads, but its most', heads: 2 } }),
    reportRow(64, 1, { cell: { name: 'fewer tokens', tokens: 500 } }),
    reportRow(64, 1, { cell: { name: 'other recipe', recipe: 'paper' } }),
    reportRow(64, 1, { cell: { name: 'other data', data: 'x.txt' } }),
    reportRow(64, 1, { cell: { name: 'instruct', instruct: true } }),
    reportRow(64, 1, { cell: { name: 'other rate', learningRate: 0.1 } }),
  ]).map(({ cell }) => cell.name)
  expect(names).toEqual(['main', 'other seed', 'few heads, but its most'])
  expect(mainRows([])).toEqual([])
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
  // t = exponent / error with 3 degrees of freedom, in closed form.
  const t = Math.abs(fit.exponent / fit.error)
  const p = 1 - (2 / Math.PI) * (Math.atan(t / Math.sqrt(3)) + t / Math.sqrt(3) / (1 + t ** 2 / 3))
  expect(fit.p).toBeNear(p, { relative: 1e-6 })
  expect(fitPowerLaw(points.slice(0, 3))).toBeUndefined()
  expect(fitPowerLaw(points.map(({ y }) => ({ x: 1, y })))).toBeUndefined()
})
