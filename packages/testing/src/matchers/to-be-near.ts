import { compareNumbers, type Numbers, type Tolerance } from './compare-numbers.ts'

/** The matcher for `expect.extend`; `vitest.d.ts` tells what it does. */
export function toBeNear(
  received: unknown,
  expected: Numbers,
  tolerance: Tolerance,
): { pass: boolean; message: () => string } {
  const problem = compareNumbers(received, expected, tolerance)
  return {
    pass: problem === undefined,
    message: () => problem ?? 'expected at least one number outside the tolerance, and all are within it',
  }
}
