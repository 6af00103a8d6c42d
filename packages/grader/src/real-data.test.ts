import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parsePrompts } from './completions/parse-prompts.ts'
import { parseScores } from './parse/parse-scores.ts'
import { storyRubric } from './rubric/story-rubric.ts'
import { agreement } from './statistics/agreement.ts'
import { data, hasData } from './testing/data.ts'
import { parseCsv } from './text/parse-csv.ts'

const rowsOf = (text: string): Record<string, string>[] => parseCsv(text).map(({ fields }) => fields)

// One of the files ends lines within its cells in another way than the other.
const read = (path: string): string => readFileSync(`${data}/${path}`, 'utf8').replaceAll('\r\n', '\n')

describe.skipIf(!hasData('gradings'))('real gradings', () => {
  test('all 28 lines that the paper prints', () => {
    const lines = JSON.parse(read('gradings/paper/grades.json')) as { raw: string }[]
    expect(lines).toHaveLength(28)
    for (const { raw } of lines) {
      const expected: Record<string, number | string> = {}
      for (const [, name, score] of raw.matchAll(/(\w+): (\d+)\/10/g))
        expected[name!.toLowerCase()] = Number(score)
      const age = /Age group: ([A-F])/.exec(raw)?.[1]
      expect(parseScores(raw, storyRubric).scores).toEqual(age ? { ...expected, age } : expected)
    }
  })

  test('4,685 real replies: all to the recorded scores, ages to their group or to a problem', () => {
    const lines = read('gradings/ctg-intervention/gradings.jsonl').trimEnd().split('\n')
    expect(lines).toHaveLength(4685)
    const ages: Record<string, Record<string, number>> = {}
    const count = { same: 0, apart: 0, wrong: 0 }
    for (const line of lines) {
      const recorded = JSON.parse(line) as Record<string, string | number>
      const { scores, problems } = parseScores(String(recorded.response), storyRubric)
      const names = ['grammar', 'creativity', 'consistency']
      if (names.every(name => scores[name] === recorded[name])) count.same++
      else if (names.every(name => scores[name] === recorded[name] || problems[name])) count.apart++
      else count.wrong++
      const raw = String(recorded.age_raw).trim().split('\n')[0]!
      const result = String(scores.age ?? problems.age!.reason)
      ages[raw] = { ...ages[raw], [result]: (ages[raw]?.[result] ?? 0) + 1 }
    }
    expect(count).toEqual({ same: 4685, apart: 0, wrong: 0 })
    expect(ages).toEqual({
      'C (6-7)': { C: 4413 },
      'C: 6-7.': { C: 169 },
      'C: 6-7': { C: 32 },
      'F (13-16': { F: 41 },
      // 13-16 is group F: the judge contradicts itself.
      'E (13-16': { conflict: 16 },
      'B: 4-5.': { B: 6 },
      'B (4-5)': { B: 3 },
      'D (8-9)': { D: 3 },
      'C or D.': { ambiguous: 1 },
      'A or possibly B.': { ambiguous: 1 },
    })
  })

  test('judge against human: kappa, alpha and rank correlation as scikit-learn 1.9.1, krippendorff 0.9.0, scipy 1.17.1', () => {
    const goldens = JSON.parse(
      readFileSync(new URL('../goldens/tinyscalelab.json', import.meta.url), 'utf8'),
    ) as {
      groups: Record<string, Record<string, number>>
    }
    const people = new Map(
      rowsOf(read('gradings/tinyscalelab/2025-04-30-manual-scores.csv')).map(row => [
        `${row.prompt}\n${row.completion}\n${row.category}`,
        row,
      ]),
    )
    const groups: Record<string, [number, number][]> = { all: [] }
    for (const row of rowsOf(read('gradings/tinyscalelab/llm_judge_score_agreement.csv'))) {
      const human = people.get(`${row.res_prompt}\n${row.res_completion}\n${row.res_category}`)![
        `${row.category}_${row.subcriterion}_score`
      ]!
      if (human === '' || row.score === '') continue
      const pair: [number, number] = [Number(row.score), Number(human)]
      groups.all!.push(pair)
      groups[row.category!] = [...(groups[row.category!] ?? []), pair]
    }
    expect(Object.keys(groups).sort()).toEqual(Object.keys(goldens.groups).sort())
    for (const [name, golden] of Object.entries(goldens.groups)) {
      const pairs = groups[name]!
      const ours = agreement(
        pairs.map(([judge]) => judge),
        pairs.map(([, human]) => human),
      ) as unknown as Record<string, number>
      for (const [measure, value] of Object.entries(golden))
        expect(Math.abs(ours[measure]! - value), `${name} ${measure}`).toBeLessThan(1e-9)
    }
  })
})

test.skipIf(!hasData('prompts'))("the data set's own 44 prompts, and other lists of prompts", () => {
  const own = parsePrompts(read('prompts/evaluation-prompts.yaml'), 'evaluation-prompts.yaml')
  expect(own).toHaveLength(44)
  for (const { text } of own) expect(text.length).toBeGreaterThan(20)
  expect(parsePrompts(read('prompts/gpt_eval_prompts-50.json'), 'prompts')).toHaveLength(50)
})
