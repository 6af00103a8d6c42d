import { describe, expect, test } from 'vitest'
import { constant, inverseSquareRoot, warmupCosine, warmupLinear, warmupStableDecay } from './schedules.ts'

describe('warmupCosine', () => {
  const schedule = warmupCosine({ peak: 0.01, warmupSteps: 10, finalShare: 0.1 })

  test('rises linearly, then falls along half a cosine to its final share', () => {
    expect(schedule({ step: 1, done: 0 })).toBeCloseTo(0.001)
    expect(schedule({ step: 5, done: 0 })).toBeCloseTo(0.005)
    expect(schedule({ step: 10, done: 0 })).toBeCloseTo(0.01)
    expect(schedule({ step: 500, done: 0.5 })).toBeCloseTo(0.0055)
    expect(schedule({ step: 1000, done: 1 })).toBeCloseTo(0.001)
  })

  test('stays at its end when a run goes over its time', () => {
    expect(schedule({ step: 1100, done: 1.1 })).toBeCloseTo(0.001)
  })

  test.each([
    { peak: 0 },
    { peak: 1 },
    { peak: Number.NaN },
    { peak: 0.1, warmupSteps: -1 },
    { peak: 0.1, finalShare: 2 },
  ])('refuses %o', options => {
    expect(() => warmupCosine(options)).toThrow(RangeError)
  })
})

test('warmupLinear ends at zero', () => {
  const schedule = warmupLinear({ peak: 0.01, warmupSteps: 0 })
  expect(schedule({ step: 1, done: 0.25 })).toBeCloseTo(0.0075)
  expect(schedule({ step: 9, done: 1 })).toBe(0)
})

test('constant is constant', () => {
  expect(constant(0.5)({ step: 3, done: 0.9 })).toBe(0.5)
})

test('inverseSquareRoot halves when the step is four times the warm-up', () => {
  const schedule = inverseSquareRoot({ peak: 0.01, warmupSteps: 50 })
  expect(schedule({ step: 25, done: 0 })).toBeCloseTo(0.005)
  expect(schedule({ step: 50, done: 0 })).toBeCloseTo(0.01)
  expect(schedule({ step: 200, done: 0 })).toBeCloseTo(0.005)
  expect(schedule({ step: 5000, done: 1 })).toBeCloseTo(0.001)
  expect(inverseSquareRoot({ peak: 0.01, warmupSteps: 0 })({ step: 4, done: 0 })).toBeCloseTo(0.005)
})

test('warmupStableDecay holds its peak and falls over the last share', () => {
  const schedule = warmupStableDecay({ peak: 0.01, warmupSteps: 10, decayShare: 0.25, finalShare: 0.2 })
  expect(schedule({ step: 5, done: 0 })).toBeCloseTo(0.005)
  expect(schedule({ step: 500, done: 0.75 })).toBe(0.01)
  expect(schedule({ step: 500, done: 0.875 })).toBeCloseTo(0.006)
  expect(schedule({ step: 500, done: 1 })).toBeCloseTo(0.002)
  expect(schedule({ step: 500, done: 1.5 })).toBeCloseTo(0.002)
})

test.each([
  () => inverseSquareRoot({ peak: 2 }),
  () => inverseSquareRoot({ peak: 0.1, warmupSteps: Number.POSITIVE_INFINITY }),
  () => warmupStableDecay({ peak: 0.1, decayShare: 0 }),
  () => warmupStableDecay({ peak: 0.1, finalShare: -1 }),
  () => warmupLinear({ peak: 0.1, finalShare: 2 }),
])('refuses an impossible schedule (%#)', make => {
  expect(make).toThrow(RangeError)
})
