// Runs before each test file: `setupFiles` of vitest.config.ts.
import fc from 'fast-check'
import { expect } from 'vitest'
import { toBeNear } from './matchers/to-be-near.ts'

expect.extend({ toBeNear })

// One seed, so that a run can be repeated; `npm run soak` gives others. A property may still state its own.
const { FAST_CHECK_SEED, FAST_CHECK_RUNS } = process.env
fc.configureGlobal({
  seed: Number(FAST_CHECK_SEED ?? 20230512),
  ...(FAST_CHECK_RUNS !== undefined && { numRuns: Number(FAST_CHECK_RUNS) }),
})
