import { expect, test } from 'vitest'
import { formatAddress, formatBranches, numberOf, parseAddress, parseBranches } from './address.ts'

test('an address says the panel and its fields, and is read as it was written', () => {
  const values = {
    model: 'hf:owner/name@refs/pr/1',
    prompt: 'Ana said: "100 % & more?" #1 žluť 狐',
    seed: '7',
  }
  const hash = formatAddress({ panel: 'write', values })
  expect(hash).toMatch(/^#write\?model=hf%3Aowner/)
  expect(parseAddress(hash)).toEqual({ panel: 'write', values })
  expect(formatAddress({ panel: 'write', values: { prompt: '' } })).toBe('#write')
})

test('chapters have addresses, and what names nothing is the beginning of the paper', () => {
  expect(parseAddress('#paper-size')).toEqual({ panel: 'paper', values: { chapter: 'size' } })
  expect(formatAddress({ panel: 'paper', values: { chapter: 'size' } })).toBe('#paper-size')
  for (const hash of ['', '#', '#paper', '#paper-absent', '#__proto__', '#write/x'])
    expect(parseAddress(hash), hash).toEqual({ panel: 'paper', values: {} })
})

test('continuations are pairs of numbers; other text is none', () => {
  const branches = [
    [12, 400],
    [30, 7],
  ] as const
  expect(formatBranches(branches)).toBe('12:400,30:7')
  expect(parseBranches('12:400,30:7')).toEqual(branches)
  for (const text of ['', '12', '12:', ':4', '1:2,', '-1:2', '1:2;3:4'])
    expect(parseBranches(text), text).toBe(undefined)
})

test('a number outside its bounds is not taken', () => {
  expect(numberOf('0', [0, 1.5], 0.8)).toBe(0)
  expect(numberOf('1.5', [0, 1.5], 0.8)).toBe(1.5)
  for (const text of [undefined, '', ' ', 'x', '-1', '2', 'NaN', 'Infinity'])
    expect(numberOf(text, [0, 1.5], 0.8), text).toBe(0.8)
})
