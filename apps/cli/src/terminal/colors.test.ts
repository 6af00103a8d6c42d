import { expect, test } from 'vitest'
import { usesColors } from './colors.ts'

test('colors as FORCE_COLOR, NO_COLOR and the terminal say, in this order', () => {
  const terminal = { isTTY: true, hasColors: () => true }
  const file = { isTTY: false }
  expect(usesColors(terminal, {})).toBe(true)
  expect(usesColors({ ...terminal, hasColors: () => false }, {})).toBe(false)
  expect(usesColors(terminal, { TERM: 'dumb' })).toBe(false)
  expect(usesColors(terminal, { NO_COLOR: '1' })).toBe(false)
  expect(usesColors(terminal, { NO_COLOR: '' })).toBe(true)
  expect(usesColors(file, {})).toBe(false)
  expect(usesColors(file, { FORCE_COLOR: '' })).toBe(true)
  expect(usesColors(file, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true)
  expect(usesColors(terminal, { FORCE_COLOR: '0' })).toBe(false)
})
