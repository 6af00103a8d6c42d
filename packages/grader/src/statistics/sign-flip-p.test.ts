import { expect, test } from 'vitest'
import { signFlipP } from './sign-flip-p.ts'

// Counted by hand over all ways of flipping the signs.
test.each<[differences: number[], p: number]>([
  [[], 1],
  [[0, 0], 1],
  // A single difference is as far from 0 either way.
  [[0.7], 1],
  // Sums of +-1 +-1 +-2: 4, 2, 2, 0, 0, -2, -2, -4, and 2 was seen.
  [[1, -1, 2], 6 / 8],
  [[1, 1, 2], 2 / 8],
  [[-1, -1, -2], 2 / 8],
  // 0 says nothing: two ways of 3 and 3.
  [[0, 3, 3, 0], 2 / 4],
  [[3, -3], 1],
  // Quarters: 2, 1 and 4 steps; 5 and 7 are as far as 5.
  [[0.5, -0.25, 1], 4 / 8],
  // Thirds and tenths have a common step too.
  [[1 / 3, 2 / 3, -1], 1],
  [[0.1, 0.2, 0.3, -0.4], 14 / 16],
  [[0.1, 0.2, 0.3, 0.4], 2 / 16],
  // 1 + 1 = 2 on the common grid alone: rounded to shares of the sum they would be 2341 + 2341 and 4681.
  [[1, 1, -2, 3], 10 / 16],
  [[1 / 5040, 1 / 5040, -2 / 5040, 3 / 5040], 10 / 16],
  // The most steps that a sum may have.
  [[1, 1, -2, 32_764], 10 / 16],
  // On no common grid: rounded to 2^14 steps, which keeps the order of these sums.
  [[Math.SQRT2, Math.PI, Math.E], 2 / 8],
  [[-Math.SQRT2, Math.PI, Math.E], 4 / 8],
  [[Math.SQRT2, Math.PI, -Math.E], 6 / 8],
])('%j: p = %f', (differences, p) => {
  expect(signFlipP(differences)).toBe(p)
  expect(signFlipP(differences.map(each => -each))).toBe(p)
  expect(signFlipP(differences.toReversed())).toBe(p)
})

test('a common factor changes nothing', () => {
  const differences = [1, -2, 3, 4, -1, 2, 5]
  const p = signFlipP(differences)
  for (const factor of [7, 0.1, 1 / 7, 1e-3])
    expect(signFlipP(differences.map(each => each * factor))).toBeNear(p, { relative: 1e-12 })
})

test('sums far beyond the finest grid are computed on it', () => {
  // 40,000 whole steps: coarser ones keep the two extremes apart.
  expect(signFlipP([30_001, 9999.5, 7.25])).toBe(2 / 8)
  expect(signFlipP([30_001, 9999.5, -7.25])).toBe(4 / 8)
})
