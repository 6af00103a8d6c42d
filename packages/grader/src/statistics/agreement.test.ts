import { expect, test } from 'vitest'
import { agreement } from './agreement.ts'

const _ = undefined

test('two raters of four items, by hand', () => {
  const found = agreement([1, 2, 3, 3, 9, _], [1, 2, 3, 2, _, 9])
  expect(found).toMatchObject({ items: 4, same: 0.75, bias: 0.25 })
  // Observed 3 of 4; by chance 5 of 16.
  expect(found.kappa).toBeNear((0.75 - 0.3125) / 0.6875, { relative: 1e-14 })
  expect(found.kappaLinear).toBeNear(1 - 0.25 / 0.875, { relative: 1e-14 })
  expect(found.kappaQuadratic).toBeNear(1 - 0.25 / 1.25, { relative: 1e-14 })
  expect(found.spearman).toBeNear(3.75 / 4.5, { relative: 1e-14 })
  // The 8 values are 1, 1, 2, 2, 2, 3, 3, 3: of 56 ordered pairs 42 differ, and 2 of 8 within the items.
  expect(found.alphaNominal).toBeNear(1 - 2 / 8 / (42 / 56), { relative: 1e-14 })
  // Squared distances: 2 x (2 x 3 x 1 + 2 x 3 x 4 + 3 x 3 x 1) = 78 over all pairs.
  expect(found.alphaInterval).toBeNear(1 - 2 / 8 / (78 / 56), { relative: 1e-14 })
  // Distances of ranks: 1-2 is 2.5, 2-3 is 3, 1-3 is 5.5, squared.
  const ordinal = (2 * (6 * 2.5 ** 2 + 6 * 5.5 ** 2 + 9 * 3 ** 2)) / 56
  expect(found.alphaOrdinal).toBeNear(1 - (2 * 3 ** 2) / 8 / ordinal, { relative: 1e-14 })
})

test('the scale gives the distances where not every value occurs', () => {
  const [a, b] = [
    [1, 2, 5, 5],
    [1, 2, 5, 2],
  ]
  expect(agreement(a, b).kappaLinear).toBeNear(1 - 0.25 / 0.875, { relative: 1e-14 })
  expect(agreement(a, b, [1, 2, 3, 4, 5])).toMatchObject({ kappaLinear: 1 - 0.75 / 1.875 })
  expect(agreement(a, b, [1, 2, 3, 4, 5]).kappaQuadratic).toBeNear(1 - 2.25 / 6, { relative: 1e-14 })
  // Without weights it does not matter.
  expect(agreement(a, b, [1, 2, 3, 4, 5]).kappa).toBe(agreement(a, b).kappa)
})

test('lists of different lengths are compared as far as both reach', () => {
  expect(agreement([1, 2, 3], [1, 3])).toMatchObject({ items: 2, same: 0.5, bias: -0.5 })
  expect(agreement([1], [1, 3])).toMatchObject({ items: 1, same: 1, bias: 0 })
  expect(agreement([], [])).toMatchObject({ items: 0, same: Number.NaN, bias: Number.NaN })
})
