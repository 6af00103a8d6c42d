import { expect, test } from 'vitest'
import { criticalT, twoSidedP } from './student-t.ts'

const ts = [1e-3, 0.1, 0.5, 1, 1.5, 2, 3, 5, 10, 100, 1e4]
const near = { relative: 1e-12 }

// With few degrees of freedom the distribution has closed forms (Johnson, Kotz and Balakrishnan 1995, chapter 28).
test.each(ts)('t = %f: the closed forms for 1, 2, 3 and 4 degrees of freedom', t => {
  expect(twoSidedP(t, 1)).toBeNear((2 / Math.PI) * Math.atan(1 / t), near)
  const s = Math.sqrt(2 + t * t)
  expect(twoSidedP(t, 2)).toBeNear(2 / (s * (s + t)), near)
  if (t > 10) return // where the next two subtract nearly equal numbers
  const angle = Math.atan(t / Math.sqrt(3))
  const three = 1 - (2 / Math.PI) * (angle + Math.sin(angle) * Math.cos(angle))
  expect(twoSidedP(t, 3)).toBeNear(three, { absolute: 1e-13 })
  const u = t / Math.sqrt(4 + t * t)
  expect(twoSidedP(t, 4)).toBeNear(1 - (3 * u - u ** 3) / 2, { absolute: 1e-13 })
})

test('the sign does not matter, and the ends are what they should be', () => {
  expect(twoSidedP(-2, 7)).toBe(twoSidedP(2, 7))
  expect(twoSidedP(0, 7)).toBe(1)
  expect(twoSidedP(Number.POSITIVE_INFINITY, 7)).toBe(0)
  expect(twoSidedP(Number.NEGATIVE_INFINITY, 7)).toBe(0)
  expect(twoSidedP(Number.NaN, 7)).toBeNaN()
})

test('with many degrees of freedom it is the normal distribution', () => {
  // 2 (1 - Phi(1.959964)) = 0.05 and 2 (1 - Phi(3)) = 0.0026997960632602; the next term is of order 1 / degrees.
  expect(twoSidedP(1.959963984540054, 1e6)).toBeNear(0.05, { relative: 1e-4 })
  expect(twoSidedP(3, 1e6)).toBeNear(0.0026997960632602, { relative: 1e-4 })
})

test.each([0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.999_99])('the critical t for %f', confidence => {
  expect(criticalT(confidence, 1)).toBeNear(Math.tan((confidence * Math.PI) / 2), { relative: 1e-9 })
  expect(criticalT(confidence, 2)).toBeNear(confidence * Math.sqrt(2 / (1 - confidence ** 2)), {
    relative: 1e-9,
  })
  for (const degrees of [3, 10, 49, 1000])
    expect(twoSidedP(criticalT(confidence, degrees), degrees)).toBeNear(1 - confidence, { relative: 1e-9 })
})
