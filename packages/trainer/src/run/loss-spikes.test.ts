import { expect, test } from 'vitest'
import { judgeStep, resolveSpikeOptions } from './loss-spikes.ts'

const kindOf = (loss: number, recent: number[], threshold = 8, gradientNorm = 1): string =>
  judgeStep({ loss, gradientNorm }, recent, { threshold, window: recent.length }).kind

// Mean 2, standard deviation 0.5.
const recent = [1.5, 2.5, 1.5, 2.5]

test('a spike is more than the threshold of standard deviations above the mean', () => {
  expect(kindOf(6, recent)).toBe('sound')
  expect(kindOf(6.001, recent)).toBe('spike')
  expect(kindOf(3.999, recent, 4)).toBe('sound')
  expect(kindOf(4.001, recent, 4)).toBe('spike')
  expect(kindOf(-100, recent)).toBe('sound')
})

test('losses that hardly differ count as if they deviated by a hundredth of their mean', () => {
  expect(kindOf(2.16, [2, 2])).toBe('sound')
  expect(kindOf(2.161, [2, 2])).toBe('spike')
})

test('nothing is a spike before the window is full', () => {
  const verdict = judgeStep({ loss: 1000, gradientNorm: 1 }, recent, { threshold: 8, window: 5 })
  expect(verdict.kind).toBe('sound')
})

test('what is not a number is neither', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(kindOf(value, recent)).toBe('not-a-number')
    expect(kindOf(2, recent, 8, value)).toBe('not-a-number')
  }
})

test('the defaults are those that the documentation states', () => {
  expect(resolveSpikeOptions()).toEqual({ action: 'warn', threshold: 8, window: 50, maxRollbacks: 5 })
})

test.each([
  [{ threshold: 0 }, 'spikes.threshold'],
  [{ window: 1 }, 'spikes.window'],
  [{ window: 2.5 }, 'spikes.window'],
  [{ maxRollbacks: 0 }, 'spikes.maxRollbacks'],
])('refuses %o', (options, option) => {
  expect(() => resolveSpikeOptions(options)).toThrow(
    expect.objectContaining({ code: 'invalid-option', details: expect.objectContaining({ option }) }),
  )
})
