import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { instructionRubric } from './instruction-rubric.ts'
import { parseRubric, readRubric, rubrics } from './read-rubric.ts'
import { rubricVersion } from './rubric-version.ts'
import { storyRubric } from './story-rubric.ts'

test('a version follows the content, not the order of its fields', () => {
  const copy = JSON.parse(JSON.stringify(storyRubric)) as typeof storyRubric
  expect(rubricVersion(copy)).toBe(rubricVersion(storyRubric))
  const { name, ...rest } = copy
  expect(rubricVersion({ ...rest, name })).toBe(rubricVersion(storyRubric))
  expect(rubricVersion({ ...copy, assessment: `${copy.assessment} ` })).not.toBe(rubricVersion(storyRubric))
  expect(rubricVersion(storyRubric)).toMatch(/^story@[0-9a-f]{12}$/)
  expect(rubricVersion(instructionRubric)).not.toBe(rubricVersion(storyRubric))
})

test('own rubrics survive JSON, and YAML is read', () => {
  for (const rubric of Object.values(rubrics))
    expect(parseRubric(JSON.stringify(rubric), 'r')).toEqual(rubric)
  // The one that the README shows, to which the errors send people.
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const yaml = /^```yaml\n(.*?)^```/ms.exec(readme)![1]!
  expect(parseRubric(yaml, 'r.yaml')).toMatchObject({
    name: 'kindness',
    turns: 'two-turn',
    criteria: [{ max: 5 }, { kind: 'choice', options: [{ label: 'sadly' }, {}, {}] }],
  })
})

describe('a wrong rubric is refused with the place', () => {
  const mark = storyRubric.criteria[0]!
  test.each([
    [{ ...storyRubric, role: '' }, 'role: a text is wanted'],
    [{ ...storyRubric, exercise: 'x' }, 'exercise: "continuation" or "instruction"'],
    [{ ...storyRubric, criteria: [] }, 'criteria: a list'],
    [{ ...storyRubric, criteria: [{ ...mark, max: 0 }] }, 'criteria[0].max: a number above min'],
    [{ ...storyRubric, criteria: [mark, mark] }, '("grammar" is shared)'],
    [{ ...storyRubric, criterions: [] }, 'criterions: one of'],
    [{ ...storyRubric, criteria: [{ ...mark, kind: 'choice' }] }, 'criteria[0].options'],
    [7, 'top: an object'],
  ])('%#', (rubric, message) => {
    expect(() => readRubric(rubric, 'r.json')).toThrow(message)
  })
  test('and when it is no YAML', () => {
    expect(() => parseRubric('{"a": [', 'r.json')).toThrow('r.json: this is neither YAML nor JSON')
  })
})
