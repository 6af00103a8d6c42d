import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { trainOffline } from '../../scripts/train-offline.ts'
import { grade } from '../judging/grade.ts'
import { buildReport } from '../report/build-report.ts'
import { renderHtml } from '../report/render-html.ts'
import { renderMarkdown } from '../report/render-markdown.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import { data, hasData } from '../testing/data.ts'
import { coefficients } from './coefficients.ts'
import { offlineValidity } from './estimate-offline.ts'
import { featuresOf } from './features.ts'
import { fitOrdinal, levelProbabilities } from './ordinal-regression.ts'

const good =
  ' ran to the park. "Look, a red kite!" said Tim. They pulled it out of the tree and fixed its tail. Then the wind came, and the kite flew over the pond. Tim and Ann laughed all the way home.'
const bad =
  ' ran and ran and ran and ran. The dog ran and ran. The dog ran and ran. The dog ran and ran. "The dog ran and'
const completions = [good, bad, ''].map((text, trial) => ({
  promptId: 'a',
  trial,
  prompt: 'One day Tim and Ann',
  text,
}))

test('estimates without a key: grammar and consistency, never what is no better than length', async () => {
  const run = await grade(completions, { judge: 'offline', name: 'mine' })
  const [first, second, empty] = run.gradings
  expect(run.judge).toBe('offline')
  expect(Object.keys(first!.judgment!.scores)).toEqual(['grammar', 'consistency'])
  expect(first!.judgment!.problems).toEqual({
    creativity: { reason: 'not-estimated', found: '' },
    plot: { reason: 'not-estimated', found: '' },
    age: { reason: 'not-estimated', found: '' },
  })
  for (const name of ['grammar', 'consistency'])
    expect(first!.judgment!.scores[name]).toBeGreaterThan(second!.judgment!.scores[name] as number)
  expect(empty!.status).toBe('ungraded')
})

test('a report says that they are estimates, and how far they can be trusted', async () => {
  const report = buildReport([await grade(completions, { judge: 'offline', name: 'mine' })])
  for (const text of [renderHtml(report), renderMarkdown(report)]) {
    expect(text).toMatch(/[Ee]stimates, not judgments/)
    expect(text).toContain('0.70 [0.55, 0.79]')
    expect(text).toContain('0.06 [-0.19, 0.31]')
    expect(text).toContain('no better than length')
  }
})

test('estimates and judged scores are never in one report', async () => {
  const estimated = await grade(completions, { judge: 'offline', name: 'mine' })
  expect(() => buildReport([estimated, { ...estimated, judge: 'gpt' }])).toThrow('estimates')
})

test('what the validity is, and that creativity and plot are refused', () => {
  expect(offlineValidity(storyRubric).map(({ criterion, isUsable }) => [criterion, isUsable])).toEqual([
    ['grammar', true],
    ['creativity', false],
    ['consistency', true],
    ['plot', false],
    ['age', false],
  ])
})

test.skipIf(!hasData('gradings/tinyscalelab'))('the coefficients are those that the script gives', () => {
  const text = readFileSync(`${data}/gradings/tinyscalelab/2025-04-30-manual-scores.csv`, 'utf8')
  expect(trainOffline(text)).toEqual(coefficients)
})

test('features lie between 0 and 2 for any text', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (prompt, text) => {
      for (const value of Object.values(featuresOf(prompt, text))) {
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(2)
      }
    }),
  )
})

test('the ordinal regression finds the weights that made the levels', () => {
  // Levels of a logistic variable 2 x + noise, at the quantiles of the logistic distribution.
  const rows = Array.from({ length: 400 }, (_, i) => [((i % 20) - 9.5) / 6])
  const levels = rows.map(([x], i) => {
    const u = (Math.floor(i / 20) + 0.5) / 20
    const latent = 2 * x! + Math.log(u / (1 - u))
    return latent < -1 ? 0 : latent < 1 ? 1 : 2
  })
  const model = fitOrdinal(rows, levels, { count: 3, penalty: 0 })
  // Standard errors are about 0.15 for 400 items; quantiles instead of draws leave less.
  expect(Math.abs(model.weights[0]! - 2)).toBeLessThan(0.15)
  expect(Math.abs(model.thresholds[0]! + 1)).toBeLessThan(0.15)
  expect(Math.abs(model.thresholds[1]! - 1)).toBeLessThan(0.15)
  expect(levelProbabilities(model, [0]).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
})
