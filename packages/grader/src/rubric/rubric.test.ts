import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { instructionRubric } from './instruction-rubric.ts'
import { parseRubric, rubrics } from './parse-rubric.ts'
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
  const score = storyRubric.criteria[0]!
  test.each([
    [{ ...storyRubric, role: '' }, 'role: expected a text'],
    [{ ...storyRubric, exercise: 'x' }, 'exercise: expected ("continuation" | "instruction")'],
    [{ ...storyRubric, criteria: [] }, 'criteria: expected'],
    [{ ...storyRubric, criteria: [{ ...score, max: 0 }] }, 'criteria.0.max: expected a number above min'],
    [
      { ...storyRubric, criteria: [score, score] },
      'criteria: expected names, labels and aliases that no two criteria share',
    ],
    [
      { ...storyRubric, criteria: [{ ...score, name: 'constructor' }] },
      'criteria.0.name: expected another name',
    ],
    [{ ...storyRubric, criterions: [] }, 'criterions: expected never'],
    [{ ...storyRubric, criteria: [{ ...score, kind: 'choice' }] }, 'criteria.0.options'],
    [7, 'expected Object'],
  ])('%#', (rubric, message) => {
    expect(() => parseRubric(JSON.stringify(rubric), 'r.json')).toThrow(message)
  })
  test('and when it is no YAML', () => {
    expect(() => parseRubric('{"a": [', 'r.json')).toThrow('r.json is neither YAML nor JSON')
  })
})
