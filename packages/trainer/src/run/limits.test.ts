import { expect, test } from 'vitest'
import { TrainerError } from '../errors.ts'
import type { CheckpointProgress } from './checkpoint.ts'
import { type RunLimits, shareDoneOf } from './limits.ts'

const progress = (step: number, tokens: number): CheckpointProgress =>
  ({ step, tokens }) as CheckpointProgress
const share = (limits: RunLimits, done: CheckpointProgress, seconds = 0, tokensPerEpoch?: number) =>
  shareDoneOf(limits, done, tokensPerEpoch)(seconds)
const refusal = (limits: RunLimits, tokensPerEpoch?: number): unknown => {
  try {
    shareDoneOf(limits, progress(0, 0), tokensPerEpoch)
  } catch (error) {
    return TrainerError.isInstance(error) ? { code: error.code, ...error.details } : error
  }
}

test('the share of each limit by itself', () => {
  expect(share({ steps: 8 }, progress(2, 99))).toEqual({ share: 0.25, limit: 'steps' })
  expect(share({ tokens: 400 }, progress(9, 100))).toEqual({ share: 0.25, limit: 'tokens' })
  expect(share({ epochs: 4 }, progress(9, 100), 0, 50)).toEqual({ share: 0.5, limit: 'epochs' })
  expect(share({ epochs: 0.5 }, progress(9, 100), 0, 100)).toEqual({ share: 2, limit: 'epochs' })
  expect(share({ minutes: 2 }, progress(9, 100), 30)).toEqual({ share: 0.25, limit: 'minutes' })
})

test('of several limits the one that is nearest counts, of equal ones the first; none at the start', () => {
  const limits = { steps: 10, tokens: 1000, minutes: 1 }
  expect(share(limits, progress(5, 100), 6)).toEqual({ share: 0.5, limit: 'steps' })
  expect(share(limits, progress(5, 600), 6)).toEqual({ share: 0.6, limit: 'tokens' })
  expect(share(limits, progress(5, 600), 42)).toEqual({ share: 0.7, limit: 'minutes' })
  expect(share(limits, progress(5, 500), 30)).toEqual({ share: 0.5, limit: 'steps' })
  expect(share({ minutes: 1, tokens: 10 }, progress(0, 0))).toEqual({ share: 0, limit: 'tokens' })
})

test('progress is looked at when it is asked for', () => {
  const running = progress(0, 0)
  const done = shareDoneOf({ steps: 4 }, running, undefined)
  expect(done(0).share).toBe(0)
  running.step = 3
  expect(done(0).share).toBe(0.75)
})

test('a run needs a limit, limits are above 0, and epochs need their size', () => {
  const none = {
    code: 'missing-option',
    option: 'one of steps, tokens, epochs and minutes',
    neededBy: 'run',
  }
  expect(refusal({})).toMatchObject(none)
  expect(refusal({ signal: new AbortController().signal })).toMatchObject(none)
  for (const option of ['steps', 'tokens', 'epochs', 'minutes'] as const) {
    for (const value of [0, -1, Number.NaN])
      expect(refusal({ [option]: value }, 1)).toMatchObject({ code: 'invalid-option', option, value })
  }
  for (const option of ['steps', 'tokens'] as const)
    expect(refusal({ [option]: 1.5 })).toMatchObject({ code: 'invalid-option', option })
  for (const option of ['epochs', 'minutes'] as const) {
    expect(refusal({ [option]: 0.5 }, 1)).toBeUndefined()
    expect(refusal({ [option]: 0 }, 1)).toMatchObject({ expected: 'above 0' })
  }
  const size = { code: 'missing-option', option: 'tokensPerEpoch', neededBy: 'a limit in epochs' }
  expect(refusal({ epochs: 1 })).toMatchObject(size)
  expect(refusal({ epochs: 1 }, 0)).toMatchObject(size)
  expect(refusal({ steps: 1 })).toBeUndefined()
})
