import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Rubric } from '../rubric/rubric.ts'
import { storyRubric } from '../rubric/story-rubric.ts'
import { parseScores } from './parse-scores.ts'

const scoresOf = (reply: string, rubric: Rubric = storyRubric): Record<string, number | string> =>
  parseScores(reply, rubric).scores
const reasonsOf = (reply: string, rubric: Rubric = storyRubric): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parseScores(reply, rubric).problems)
      .filter(([, { reason }]) => reason !== 'missing')
      .map(([name, { reason }]) => [name, reason]),
  )

describe('spellings', () => {
  const all = { grammar: 8, creativity: 7, consistency: 9, plot: 6, age: 'C' }
  test.each([
    'Grammar: 8/10, Creativity: 7/10, Consistency: 9/10, Plot: 6/10, Age group: C (6-7)',
    'Grammar: 8/10 Creativity: 7/10 Plot: 6/10 Consistency: 9/10 Age group: C',
    '**Grammar:** 8/10\n**Creativity**: 7\n- Consistency – 9/10\n\nPlot = 6/10\n\n### Age group: **C**',
    '1. Grammar: 8\n2. Creativity: 7\n3. Consistency: 9\n4. Plot: 6\n5. Age group: C: 6-7.',
    '| Grammar | Creativity | Consistency | Plot | Age group |\n|:---|---|---|---|---|\n| 8/10 | 7 | 9 | 6 | C (6-7) |',
    '| criterion | score |\n|---|---|\n| Grammar | 8 |\n| Creativity | 7/10 |\n| Consistency | 9 |\n| Plot | 6 |\n| Age group | C |',
    'Grammar, Creativity, Consistency, Plot and Age group: 8, 7, 9, 6, C',
    '{"grammar": 8, "creativity": "7/10", "consistency": {"score": 9}, "plot": 6.0, "age_group": "C"}',
    'Here you are:\n```json\n{"assessment": "Plot: 1/10 it is {not}", "scores": {"Grammar": 8, "Creativity": 7, "Consistency": 9, "Plot": 6, "Age group": "C"}}\n```',
    'Grammar: eight out of ten. Creativity: seven. Consistency: Nine/10; Plot: six points; Age group: 6-7 years',
    'Grammar: ٨/١٠، Creativity: ７／１０, Consistency: ९, Plot: 六/10, Age group: （C）',
    'Grammar (out of 10): 8\nCreativity (0-10): 7\nConsistency [9/10]\nPlot score: 6\nAge range: 6 to 7',
    'I would give 8/10 for grammar, 7/10 for creativity, 9 out of 10 for its consistency, and the plot deserves a 6. Age group: A child of 6-7.',
    '<think>Grammar: 2/10? No.</think>Grammar 8 Creativity 7 Consistency 9 Plot 6 Age group C',
    'GRAMMAR: 8/10; creativity: 7/10; Coherence: 9/10; Storyline: 6/10; AGE GROUP: c)',
  ])('%s', reply => {
    expect(parseScores(reply, storyRubric)).toMatchObject({ scores: all, problems: {} })
  })

  test('decimals, halves and commas', () => {
    expect(scoresOf('Grammar: 8.5/10, Creativity: 7,5/10, Consistency: 9½, Plot: six and a half')).toEqual({
      grammar: 8.5,
      creativity: 7.5,
      consistency: 9.5,
      plot: 6.5,
    })
  })

  test('another scale counts only where the rubric knows it', () => {
    const reply = 'Grammar: 4/5, Creativity: 80%'
    expect(reasonsOf(reply)).toEqual({ grammar: 'other-scale', creativity: 'other-scale' })
    const criteria = storyRubric.criteria.map(each =>
      each.kind === 'score' ? { ...each, otherScales: [5, 100] } : each,
    )
    expect(scoresOf(reply, { ...storyRubric, criteria })).toEqual({ grammar: 8, creativity: 8 })
  })
})

describe('what is not certain is not scored', () => {
  test.each([
    ['Grammar: 11/10', 'out-of-range'],
    ['Grammar: -1', 'out-of-range'],
    ['Grammar: 999999999', 'out-of-range'],
    ['Grammar: 8/0', 'other-scale'],
    ['Grammar: 7-8/10', 'ambiguous'],
    ['Grammar: 7 or 8', 'ambiguous'],
    ['Grammar: 7 to 8', 'ambiguous'],
    ['Grammar: 6/10 -> 7/10', 'ambiguous'],
    ['Grammar and creativity: 8/10', 'ambiguous'],
    ['Grammar: 7/10. On reflection, Grammar: 8/10', 'conflict'],
    ['Grammar: 3 errors', 'unclear'],
    ['Grammar: 8th grade', 'unclear'],
    ['Grammar: N/A', 'unclear'],
    ['Grammar: good', 'unclear'],
    ['Grammar:\n1. The tenses change.\n2. Commas are missing.', 'unclear'],
    ['Grammar: 1. The tenses change.', 'unclear'],
    ['Grammar: 8/10/2024', 'unclear'],
    ['Grammar: 8:30', 'unclear'],
  ])('%s: %s', (reply, reason) => {
    expect(scoresOf(reply).grammar).toBeUndefined()
    expect(reasonsOf(reply).grammar).toBe(reason)
  })

  test('a number in prose is no score', () => {
    for (const reply of [
      'The grammar is good, 8 of the sentences are correct.',
      'His grammar has 2 mistakes in 10 lines.',
      'In plot 3 things happen.',
      'A student aged 7 wrote this.',
      '',
    ])
      expect(parseScores(reply, storyRubric).scores).toEqual({})
  })
})

describe('age groups', () => {
  test.each([
    ['C', 'C'],
    ['C.', 'C'],
    ['C: 6-7.', 'C'],
    ['(c)', 'C'],
    ['F (13-16', 'F'],
    ['D (8–9 years)', 'D'],
    ['3 or under', 'A'],
    ['under 3', 'A'],
    ['about 7', 'C'],
    ['7 years old', 'C'],
    ['10 to 12', 'E'],
    ['A (3 or under)', 'A'],
    ['A child of 8 or 9', 'D'],
    ['Group B', 'B'],
  ])('%s is %s', (text, group) => {
    expect(scoresOf(`Age group: ${text}`).age).toBe(group)
  })

  test.each([
    ['C or D', 'ambiguous'],
    ['A or possibly B.', 'ambiguous'],
    ['5-7', 'ambiguous'],
    ['E (13-16', 'conflict'],
    ['17', 'out-of-range'],
    ['hard to say', 'unclear'],
  ])('%s: %s', (text, reason) => {
    expect(reasonsOf(`Age group: ${text}`)).toEqual({ age: reason })
  })
})

describe('laws', () => {
  const score = fc.integer({ min: 0, max: 10 })
  const write = fc.constantFrom(
    (label: string, value: number) => `${label}: ${value}/10`,
    (label: string, value: number) => `**${label}**: ${value}`,
    (label: string, value: number) => `${label} - ${value} out of 10`,
    (label: string, value: number) => `* ${label.toLowerCase()} = ${value}/10`,
    (label: string, value: number) => `${label} score: ${value}.0/10`,
    (label: string, value: number) => `${label} (${value}/10)`,
  )
  const separator = fc.constantFrom('\n', ', ', '; ', '\n\n', ' | ', '. ')

  test('what is written in any spelling is read', () => {
    fc.assert(
      fc.property(
        fc.record({ grammar: score, creativity: score, consistency: score, plot: score }),
        fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F'),
        write,
        separator,
        (scores, age, spell, between) => {
          const parts = Object.entries(scores).map(([name, value]) =>
            spell(name[0]!.toUpperCase() + name.slice(1), value),
          )
          const reply = [...parts, `Age group: ${age}`].join(between)
          expect(scoresOf(reply)).toEqual({ ...scores, age })
        },
      ),
      { numRuns: 500 },
    )
  })

  const scrap = fc.oneof(
    fc.constantFrom(
      'Grammar',
      'Creativity:',
      'consistency',
      'Plot =',
      'Age group',
      'age',
      ': ',
      '/',
      '10',
      '8/10',
      '-',
      '7',
      ',',
      '|',
      '\n',
      'out of',
      'ten',
      '{"grammar":',
      '}',
      '(',
      '½',
      '٨',
      '%',
      'A',
      'F (13',
      'or',
      '**',
      '1.',
      '𝟠',
      '\ud800',
    ),
    fc.string({ maxLength: 6 }),
    fc.string({ maxLength: 6, unit: 'binary' }),
  )

  test('any scraps: never throws, never out of range, each criterion is scored or has a reason', () => {
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 60 }), fc.constantFrom('', ' '), (scraps, between) => {
        const { scores, problems } = parseScores(scraps.join(between), storyRubric)
        for (const criterion of storyRubric.criteria) {
          const value = scores[criterion.name]
          if (value === undefined) expect(problems[criterion.name]!.reason).toBeTypeOf('string')
          else if (criterion.kind === 'choice') expect('ABCDEF').toContain(value)
          else {
            expect(value).toBeGreaterThanOrEqual(0)
            expect(value).toBeLessThanOrEqual(10)
          }
          expect((problems[criterion.name]?.found ?? '').length).toBeLessThanOrEqual(80)
        }
      }),
      { numRuns: 3000 },
    )
  })
})
