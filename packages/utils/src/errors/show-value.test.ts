import { expect, test } from 'vitest'
import { messageOf, showValue } from './index.ts'

test.each([
  ['a "b"\n', '"a \\"b\\"\\n"'],
  ['x'.repeat(99), `"${'x'.repeat(59)}…`],
  [[1, 'a'], '[1,"a"]'],
  [-0, '-0'],
  [Number.NaN, 'NaN'],
  [10n, '10'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [{ toString: 1 }, 'an object'],
  [[{ toJSON: () => Object.create(null)() }], 'a list'],
  [Object.create(null), 'an object'],
  [() => 1, 'a function'],
])('a message can show %o', (value, shown) => {
  expect(showValue(value)).toBe(shown)
})

test('whatever was thrown has a message', () => {
  expect(messageOf('gone')).toBe('gone')
  expect(messageOf(new Error('gone'))).toBe('gone')
  expect(messageOf({ toString: 1 })).toBe('an object')
})
