// Declares the matcher to every package: tsconfig.base.json lists this file in `types`.
import 'vitest'
import type { Numbers, Tolerance } from './compare-numbers.ts'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /**
     * Passes when every number of what is received lies within `absolute + relative * |expected|` of the one
     * expected. Takes numbers, arrays (nested ones too) and typed arrays; NaN is near nothing, not even NaN.
     */
    toBeNear(expected: Numbers, tolerance: Tolerance): R
  }
}
