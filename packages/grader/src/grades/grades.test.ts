import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GradingRun } from '../judging/grading.ts'
import { buildReport } from '../report/build-report.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import { data, hasData } from '../testing/data.ts'
import { parseCsv } from '../text/parse-csv.ts'
import { combineJudges } from './combine-judges.ts'
import { compareJudges } from './compare-judges.ts'
import { parseGrades } from './parse-grades.ts'
import { renderJudgeComparison } from './render-judge-comparison.ts'

const scoresOf = ({ gradings }: GradingRun): unknown[] => gradings.map(({ judgment }) => judgment!.scores)

describe('grades from a file', () => {
  const csv =
    'id,prompt,completion,grammar,plot_sense,Age group,comment\r\n1,Once,"a ""cat"", and\na dog",8,6,C,fine\r\n2,Once,more,7,,"D (8-9)",\r\n'
  test('CSV, JSON lines and a JSON list say the same', () => {
    const fields = { plot: 'plot_sense' }
    const { runs, skipped } = parseGrades(csv, 'grades/ann.csv', { fields })
    expect(skipped).toEqual([])
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject({
      name: 'ann',
      judge: 'ann',
      rubric: { criteria: [{ name: 'grammar' }, { name: 'plot' }, { name: 'age' }] },
    })
    expect(scoresOf(runs[0]!)).toEqual([
      { grammar: 8, plot: 6, age: 'C' },
      { grammar: 7, age: 'D' },
    ])
    expect(runs[0]!.gradings.map(({ status }) => status)).toEqual(['graded', 'partial'])
    expect(runs[0]!.gradings[0]!.completion).toMatchObject({
      prompt: 'Once',
      text: 'a "cat", and\na dog',
      trial: 0,
    })
    const objects = parseCsv(csv).map(({ fields: row }) => row)
    const lines = objects.map(row => JSON.stringify(row)).join('\n')
    for (const text of [
      lines,
      JSON.stringify(objects),
      csv.replaceAll(',', ';').replace('"D (8-9)"', 'D (8-9)'),
    ])
      expect(scoresOf(parseGrades(text, 'ann', { fields }).runs[0]!)).toEqual(scoresOf(runs[0]!))
    // A report takes them as it takes gradings.
    expect(buildReport(runs).models[0]!.criteria[0]).toMatchObject({
      label: 'Grammar',
      estimate: { mean: 7.5 },
    })
  })

  test('rows that cannot be used are left out and named, the rest is read', () => {
    const text = '{"id":1,"grammar":8}\n{"id":2,"grammar":11}\n{"id":3}\n7\n{"id":4,"grammar":"6,5"}'
    const { runs, skipped } = parseGrades(text, 'g.jsonl')
    expect(scoresOf(runs[0]!)).toEqual([{ grammar: 8 }, { grammar: 6.5 }])
    expect(skipped).toEqual([
      { place: 'line 2', reason: 'off-scale' },
      { place: 'line 3', reason: 'no-score' },
      { place: 'line 4', reason: 'not-an-object' },
    ])
  })

  test('foreign fields are refused with what is there; others become criteria', () => {
    expect(() => parseGrades('a,b\n1,2', 'g.csv')).toThrow('g.csv has no scores: its fields are a, b')
    expect(() => parseGrades('a,b\n1,2', 'g.csv', { fields: { plot: 'c' } })).toThrow('g.csv has no field c')
    const { runs } = parseGrades('a,b\n1,2', 'g.csv', { fields: { humor: 'b' }, scale: [0, 3] })
    expect(runs[0]!.rubric.criteria).toMatchObject([{ kind: 'score', name: 'humor', min: 0, max: 3 }])
  })

  test('joined with completions by their text, whatever the ids', () => {
    const completions = [
      { promptId: 'x', trial: 3, prompt: 'Once', text: ' a cat.' },
      { promptId: 'x', trial: 4, prompt: 'Once', text: ' a dog.' },
    ]
    const { runs, skipped } = parseGrades(
      'id,prompt,completion,grammar\n9,Once,a  dog.,8\n10,Once,a fox.,7',
      'g.csv',
      { completions },
    )
    expect(runs[0]!.gradings.map(({ completion }) => completion)).toEqual([completions[1]])
    expect(skipped).toEqual([{ place: 'line 3', reason: 'no-completion' }])
    const byId = parseGrades('promptId,trial,grammar\nx,3,8', 'g.csv', { completions })
    expect(byId.runs[0]!.gradings[0]!.completion).toBe(completions[0])
  })

  test('any text: an error with a code or grades, never another error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map(text => `grammar,plot\n${text}`),
          fc.json(),
        ),
        text => {
          try {
            parseGrades(text, 'g')
          } catch (error) {
            expect((error as Error).name).toMatch(/^(?:GraderError|InputError)$/)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

const graded = (judge: string, scores: (number | undefined)[], more: Partial<GradingRun> = {}): GradingRun =>
  parseGrades(
    scores
      .map((grammar, i) => JSON.stringify({ prompt: `p${i >> 1}`, completion: `c${i}`, grammar, age: 'C' }))
      .join('\n'),
    judge,
    more,
  ).runs[0]!

describe('judges compared', () => {
  test('pair by pair, all together, and where they differ', () => {
    const a = graded('a', [8, 7, 6, 5, 4, 3, 9, 2])
    const b = graded('b', [8, 6, 6, 5, 3, 3, 9, 9])
    const c = graded('c', [8, 7, 6, 5, 4, 3, 9, undefined])
    const found = compareJudges([a, b, c])
    expect(found.judges).toEqual(['a', 'b', 'c'])
    expect(found.pairs.filter(({ criterion }) => criterion === 'grammar')).toMatchObject([
      { a: 'a', b: 'b', items: 8, same: 5 / 8, bias: (1 + 1 - 7) / 8 },
      { a: 'a', b: 'c', items: 7, same: 1, kappa: { value: 1 } },
      { a: 'b', b: 'c', items: 7 },
    ])
    for (const { kappa, spearman } of found.pairs.filter(({ criterion }) => criterion === 'grammar'))
      for (const { value, interval } of [kappa, spearman]) {
        expect(interval[0]).toBeLessThanOrEqual(value + 1e-12)
        expect(interval[1]).toBeGreaterThanOrEqual(value - 1e-12)
      }
    expect(found.joint[0]).toMatchObject({ criterion: 'grammar', judges: 3, items: 8 })
    expect(found.disagreements[0]).toMatchObject({
      completion: { text: 'c7' },
      scores: { a: 2, b: 9 },
      spread: 0.7,
    })
    const markdown = renderJudgeComparison(found)
    expect(markdown).toContain('| a | b | Grammar | 8 | 62.5 % | -0.63 |')
    expect(markdown).toContain('Where they differ most')
  })

  test('a judge with itself', () => {
    const once = graded('a', [8, 7, 6, 5])
    const again = {
      ...once,
      gradings: [...once.gradings, ...once.gradings.map(each => ({ ...each, regrade: 1 }))],
    }
    expect(compareJudges([again]).pairs[0]).toMatchObject({
      a: 'a',
      b: 'a, time 2',
      same: 1,
      kappa: { value: 1 },
    })
  })

  test('the mean and the median of several judges', () => {
    const runs = [graded('a', [8, 7]), graded('b', [6, 7]), graded('c', [1, undefined])]
    expect(scoresOf(combineJudges(runs))).toEqual([
      { grammar: 5, age: 'C' },
      { grammar: 7, age: 'C' },
    ])
    expect(scoresOf(combineJudges(runs, 'median'))).toEqual([
      { grammar: 6, age: 'C' },
      { grammar: 7, age: 'C' },
    ])
    expect(combineJudges(runs).judge).toBe('mean of a, b, c')
  })
})

test.skipIf(!hasData('gradings/tinyscalelab'))(
  'TinyScaleLab: judge and human meet by text, though their ids differ',
  () => {
    const read = (name: string): string =>
      readFileSync(`${data}/gradings/tinyscalelab/${name}`, 'utf8').replaceAll('\r\n', '\n')
    const scale = [0, 1] as const
    const human = parseGrades(read('2025-04-30-manual-scores.csv'), 'human', {
      scale,
      fields: {
        grammar: ['A', 'B', 'C', 'D', 'E'].map(each => `Grammar_${each}_score`).join('+'),
        plot: ['A', 'B', 'C', 'D'].map(each => `Plot_${each}_score`).join('+'),
      },
    })
    const judge = parseGrades(read('llm_judge_score_agreement.csv'), 'judge', {
      scale,
      fields: { criterion: 'category', score: 'score', prompt: 'res_prompt', completion: 'res_completion' },
    })
    const all = (runs: GradingRun[], name: string): GradingRun => ({
      ...runs[0]!,
      judge: name,
      gradings: runs.flatMap(each => each.gradings),
    })
    const criteria = storyRubric.criteria
      .filter(({ name }) => name === 'grammar' || name === 'plot')
      .map(each => ({ ...each, min: 0, max: 1 }))
    const rubric = { ...storyRubric, criteria } as GradingRun['rubric']
    const { pairs } = compareJudges([
      { ...all(human.runs, 'human'), rubric },
      { ...all(judge.runs, 'judge'), rubric },
    ])
    expect(human.runs.map(({ name }) => name).sort()).toHaveLength(3)
    for (const { items, spearman } of pairs) {
      expect(items).toBeGreaterThan(60)
      expect(spearman.value).toBeGreaterThan(0.7)
    }
    expect(pairs.map(({ criterion }) => criterion)).toEqual(['grammar', 'plot'])
  },
)
