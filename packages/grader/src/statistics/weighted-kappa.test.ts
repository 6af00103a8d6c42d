import { expect, test } from 'vitest'
import { weightedKappa } from './weighted-kappa.ts'

const [a, b] = [
  [1, 2, 5, 5],
  [1, 2, 5, 2],
]
const scale = [1, 2, 3, 4, 5]
const near = { relative: 1e-14 }

test('by hand: observed and expected disagreement, with each weight, with and without a scale', () => {
  expect(weightedKappa(a, b)).toBeNear(1 - 0.25 / 0.6875, near)
  expect(weightedKappa(a, b, { weights: 'none', scale })).toBeNear(1 - 0.25 / 0.6875, near)
  expect(weightedKappa(a, b, { weights: 'linear' })).toBeNear(1 - 0.25 / 0.875, near)
  expect(weightedKappa(a, b, { weights: 'quadratic' })).toBeNear(1 - 0.25 / 1.25, near)
  expect(weightedKappa(a, b, { weights: 'linear', scale })).toBeNear(1 - 0.75 / 1.875, near)
  expect(weightedKappa(a, b, { weights: 'quadratic', scale })).toBeNear(1 - 2.25 / 6, near)
})

test('categories are in the order of their numbers, not of their digits', () => {
  // As texts 10 is before 2, and here it comes first; 2 and 10 are the farthest apart.
  const [x, y] = [
    [10, 2, 9, 10],
    [9, 2, 9, 10],
  ]
  expect(weightedKappa(x, y, { weights: 'linear' })).toBeNear(1 - 0.25 / 0.875, near)
})

test('raters that always differ are below 0, and one value throughout has no kappa', () => {
  expect(weightedKappa([1, 2], [2, 1])).toBe(-1)
  expect(weightedKappa([3, 3], [3, 3])).toBeNaN()
  expect(weightedKappa([], [])).toBeNaN()
})

test('what cannot be compared is refused with its place', () => {
  expect(() => weightedKappa([1], [1, 2])).toThrow(
    expect.objectContaining({ code: 'lengths-differ', details: { a: 1, b: 2 } }),
  )
  expect(() => weightedKappa([1, 7], [1, 1], { scale })).toThrow(
    expect.objectContaining({ code: 'off-scale', details: { index: 1, value: 7 } }),
  )
  expect(() => weightedKappa([1, 1], [1, 8], { scale })).toThrow(
    expect.objectContaining({ code: 'off-scale', details: { index: 1, value: 8 } }),
  )
})
