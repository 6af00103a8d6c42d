import { expect } from 'vitest'

/** Fails unless every element is within `tolerance` of its twin, relative to the largest of the expected. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  let largest = 1e-3
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]!))
  for (let i = 0; i < expected.length; i++) {
    // The comparison is turned round so that NaN fails.
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance * largest)) {
      expect.fail(
        `element ${i}: ${actual[i]}, expected ${expected[i]} within ${tolerance * largest} (largest ${largest})`,
      )
    }
  }
}

/** Largest absolute difference. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    if (!(difference <= largest)) largest = difference
  }
  return largest
}
