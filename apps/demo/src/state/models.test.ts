import { expect, test } from 'vitest'
import { distinct, type ModelChoice, millions } from './models.ts'

const choice = (key: string, label: string): ModelChoice => ({
  key,
  label,
  detail: '',
  source: { kind: 'shipped', id: key },
})

test('models of one name get numbers that no other model has', () => {
  const models = [choice('1', 'a.zip'), choice('2', 'a.zip'), choice('3', 'a.zip (2)'), choice('4', 'b')]
  expect(distinct(models).map(({ key, label }) => [key, label])).toEqual([
    ['1', 'a.zip'],
    ['2', 'a.zip (2)'],
    ['3', 'a.zip (2) (2)'],
    ['4', 'b'],
  ])
})

test('counts are shown in thousands and millions', () => {
  expect([189_760, 999_499, 1_348_864].map(millions)).toEqual(['190 k', '999 k', '1.3 M'])
})
