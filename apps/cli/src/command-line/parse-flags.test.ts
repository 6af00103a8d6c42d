import { describe, expect, test } from 'vitest'
import { addFactor, decimal, numberOf, wholeNumber } from './parse-flags.ts'

const odd = [
  '',
  ' ',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e400',
  '-1e400',
  '0x10',
  '0b1',
  '0o7',
  '1_000',
  '1,5',
  '٣',
  '1 2',
]

test('a number is written in decimal, and a double holds it', () => {
  expect(['3', '-0.5', '1e-4', '.5', '5.', '+1', ' 2 '].map(numberOf)).toEqual([3, -0.5, 1e-4, 0.5, 5, 1, 2])
  for (const text of odd) expect([text, numberOf(text)]).toEqual([text, Number.NaN])
  expect(Object.is(numberOf('-0'), 0)).toBe(true)
})

describe.each([
  ['a whole number', wholeNumber()],
  ['a whole number up to a limit', wholeNumber(0, 9)],
  ['a number without a limit', decimal(0, Number.POSITIVE_INFINITY, { above: true })],
  ['a number in a range', decimal(0, 1)],
  ['a factor', (text: string) => addFactor(`layers=${text}`)],
])('%s', (_, parse) => {
  test.each([...odd, '-1', '9007199254740993e400'])('is not %j', text => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }))
  })
})

test('whole numbers are those that doubles tell apart', () => {
  expect(() => wholeNumber()('9007199254740993')).toThrow('whole number')
  expect(wholeNumber()('9007199254740991')).toBe(2 ** 53 - 1)
})

test('factors are collected', () => {
  expect(addFactor('b=1e-2', addFactor('a.0.*=0.5'))).toEqual({ 'a.0.*': 0.5, b: 0.01 })
})
