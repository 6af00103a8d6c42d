import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareNumbers } from './compare-numbers.ts'

/** What the failing matcher says. */
function failure(run: () => void): string {
  try {
    run()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the matcher passed')
}

describe('toBeNear', () => {
  test('takes a tolerance relative to the expected number', () => {
    expect(1001).toBeNear(1000, { relative: 1e-3 })
    expect(1001.01).not.toBeNear(1000, { relative: 1e-3 })
    expect(-999).toBeNear(-1000, { relative: 1e-3 })
    // 1 away: more than a thousandth of 999, the number expected.
    expect(1000).not.toBeNear(999, { relative: 1e-3 })
    expect(1e-300).not.toBeNear(0, { relative: 1 })
  })

  test('takes an absolute tolerance', () => {
    expect(0.25).toBeNear(0, { absolute: 0.25 })
    expect(-0.25).toBeNear(0, { absolute: 0.25 })
    expect(0.2500001).not.toBeNear(0, { absolute: 0.25 })
    expect(0).toBeNear(0, { absolute: 0 })
  })

  test('adds both tolerances', () => {
    expect(111).toBeNear(100, { absolute: 1, relative: 0.1 })
    expect(111.001).not.toBeNear(100, { absolute: 1, relative: 0.1 })
  })

  test('finds NaN near nothing', () => {
    for (const tolerance of [{ relative: 1 }, { absolute: 1e9 }]) {
      expect(Number.NaN).not.toBeNear(1, tolerance)
      expect(1).not.toBeNear(Number.NaN, tolerance)
      expect(Number.NaN).not.toBeNear(Number.NaN, tolerance)
      expect([1, Number.NaN]).not.toBeNear([1, 1], tolerance)
    }
    expect(failure(() => expect([2, Number.NaN, 3]).toBeNear([1, 1, 1], { absolute: 0 }))).toContain('[1]')
  })

  test('finds an infinite number near itself alone', () => {
    const infinite = Number.POSITIVE_INFINITY
    expect(infinite).toBeNear(infinite, { relative: 0 })
    expect(1e308).not.toBeNear(infinite, { relative: 1 })
    expect(-infinite).not.toBeNear(infinite, { relative: 1 })
    expect(infinite).not.toBeNear(1e308, { relative: 1 })
  })

  test('compares arrays, nested arrays and typed arrays', () => {
    expect([1, 2]).toBeNear([1, 2.0000001], { relative: 1e-6 })
    expect(Float32Array.of(0.1, 0.2)).toBeNear([0.1, 0.2], { relative: 1e-7 })
    expect([0.1, 0.2]).toBeNear(Float32Array.of(0.1, 0.2), { relative: 1e-7 })
    expect([[1, 2], [3]]).toBeNear([[1, 2], [3.0001]], { absolute: 1e-3 })
    expect([]).toBeNear([], { absolute: 0 })
  })

  test.each([
    [[1, 2], [1, 2, 3], 'received Array of 2, expected Array of 3'],
    [[1, 2, 3], [1, 2], 'received Array of 3, expected Array of 2'],
    [Float32Array.of(1), [1, 2], 'received Float32Array of 1, expected Array of 2'],
    [[1, [2]], [1, 2], '[1] received Array of 1, expected 2'],
    [[1, 2], [1, [2]], '[1] received number, expected Array of 1'],
    [[[1], [2, 3]], [[1], [2]], '[1] received Array of 2, expected Array of 1'],
    ['1', 1, 'received string, expected 1'],
    ['12', [1, 2], 'received string, expected Array of 2'],
    [undefined, 1, 'received undefined, expected 1'],
    [1n, 1, 'received bigint, expected 1'],
    [new DataView(new ArrayBuffer(1)), [0], 'received object, expected Array of 1'],
  ])('refuses another shape: %o for %o', (received, expected, message) => {
    expect(failure(() => expect(received).toBeNear(expected as number[], { absolute: 1e9 }))).toBe(message)
  })

  test('names the worst number: its index, both values, the error and what was allowed', () => {
    expect(failure(() => expect(2.5).toBeNear(2, { relative: 0.125 }))).toBe(
      'received 2.5, expected 2: error 0.500, relative 0.250, allowed 0.250',
    )
    expect(failure(() => expect([1, 1.25, 3, 5]).toBeNear([1, 1, 2, 4.5], { absolute: 0.125 }))).toBe(
      '[2] received 3, expected 2: error 1.00, relative 0.500, allowed 0.125; 3 of 4 numbers are too far',
    )
    expect(failure(() => expect([[1], [0, 0.5]]).toBeNear([[1], [0, 0]], { absolute: 0.25 }))).toBe(
      '[1] [1] received 0.5, expected 0: error 0.500, allowed 0.250; 1 of 3 numbers are too far',
    )
    expect(failure(() => expect([1]).not.toBeNear([1], { absolute: 0 }))).toBe(
      'expected at least one number outside the tolerance, and all are within it',
    )
  })

  test.each([
    {},
    { relative: -1 },
    { absolute: Number.NaN },
    { absolute: 1, relative: Number.POSITIVE_INFINITY },
  ])('refuses the tolerance %o, also where nothing is compared', tolerance => {
    expect(() => compareNumbers([], [], tolerance as { absolute: number })).toThrow(TypeError)
    expect(failure(() => expect([]).not.toBeNear([], tolerance as { absolute: number }))).toContain('needs')
  })

  test("agrees with the formula of NumPy's `allclose` on finite numbers", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 })
    const tolerance = fc.double({ min: 0, max: 2, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(finite, finite)), tolerance, tolerance, (pairs, absolute, relative) => {
        const near = pairs.every(([a, b]) => Math.abs(a - b) <= absolute + relative * Math.abs(b))
        const problem = compareNumbers(
          pairs.map(([a]) => a),
          pairs.map(([, b]) => b),
          { absolute, relative },
        )
        expect(problem === undefined).toBe(near)
      }),
    )
  })
})
