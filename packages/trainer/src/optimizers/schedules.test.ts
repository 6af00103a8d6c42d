import { describe, expect, test } from 'vitest'
import { constant, inverseSquareRoot, warmupCosine, warmupLinear, warmupStableDecay } from './schedules.ts'

// Doubles: only the rounding of a few operations.
const exact = { relative: 1e-14 }

describe('warmupCosine', () => {
  const schedule = warmupCosine({ peak: 0.01, warmupSteps: 10, finalShare: 0.1 })

  test('rises linearly, then falls along half a cosine to its final share', () => {
    expect(schedule({ step: 1, done: 0 })).toBeNear(0.001, exact)
    expect(schedule({ step: 5, done: 0 })).toBeNear(0.005, exact)
    expect(schedule({ step: 10, done: 0 })).toBeNear(0.01, exact)
    // cos(π / 3) = 1 / 2
    expect(schedule({ step: 300, done: 1 / 3 })).toBeNear(0.01 * (0.1 + 0.9 * 0.75), exact)
    expect(schedule({ step: 500, done: 0.5 })).toBeNear(0.0055, exact)
    expect(schedule({ step: 1000, done: 1 })).toBeNear(0.001, exact)
  })

  test('is 100 steps of warm-up and a tenth of the peak at the end by default', () => {
    const schedule = warmupCosine({ peak: 0.02 })
    expect(schedule({ step: 25, done: 0 })).toBeNear(0.005, exact)
    expect(schedule({ step: 100, done: 0 })).toBeNear(0.02, exact)
    expect(schedule({ step: 900, done: 1 })).toBeNear(0.002, exact)
  })

  test('stays at its end when a run goes over its time', () => {
    expect(schedule({ step: 1100, done: 1.1 })).toBeNear(0.001, exact)
  })
})

test('warmupLinear ends at zero', () => {
  const schedule = warmupLinear({ peak: 0.01, warmupSteps: 0 })
  expect(schedule({ step: 1, done: 0.25 })).toBeNear(0.0075, exact)
  expect(schedule({ step: 9, done: 1 })).toBe(0)
  expect(warmupLinear({ peak: 0.01, finalShare: 0.5 })({ step: 50, done: 0.5 })).toBeNear(0.00375, exact)
})

test('constant is constant', () => {
  expect(constant(0.5)({ step: 3, done: 0.9 })).toBe(0.5)
})

test('inverseSquareRoot halves when the step is four times the warm-up', () => {
  const schedule = inverseSquareRoot({ peak: 0.01, warmupSteps: 50 })
  expect(schedule({ step: 25, done: 0 })).toBeNear(0.005, exact)
  expect(schedule({ step: 50, done: 0 })).toBeNear(0.01, exact)
  expect(schedule({ step: 200, done: 0 })).toBeNear(0.005, exact)
  expect(schedule({ step: 5000, done: 1 })).toBeNear(0.001, exact)
  expect(inverseSquareRoot({ peak: 0.01, warmupSteps: 0 })({ step: 4, done: 0 })).toBeNear(0.005, exact)
})

test('warmupStableDecay holds its peak and falls over the last share', () => {
  const schedule = warmupStableDecay({ peak: 0.01, warmupSteps: 10, decayShare: 0.25, finalShare: 0.2 })
  expect(schedule({ step: 5, done: 0 })).toBeNear(0.005, exact)
  expect(schedule({ step: 500, done: 0.75 })).toBe(0.01)
  expect(schedule({ step: 500, done: 0.875 })).toBeNear(0.006, exact)
  expect(schedule({ step: 500, done: 1 })).toBeNear(0.002, exact)
  expect(schedule({ step: 500, done: 1.5 })).toBeNear(0.002, exact)
  const byDefault = warmupStableDecay({ peak: 0.01 })
  expect([0.8, 0.9, 1].map(done => byDefault({ step: 500, done }))).toBeNear([0.01, 0.005, 0], {
    absolute: 1e-16,
  })
})

test.each([
  ['peak', () => warmupCosine({ peak: 0 })],
  ['peak', () => warmupCosine({ peak: 1 })],
  ['peak', () => warmupCosine({ peak: Number.NaN })],
  ['warmupSteps', () => warmupCosine({ peak: 0.1, warmupSteps: -1 })],
  ['finalShare', () => warmupCosine({ peak: 0.1, finalShare: 2 })],
  ['peak', () => inverseSquareRoot({ peak: 2 })],
  ['warmupSteps', () => inverseSquareRoot({ peak: 0.1, warmupSteps: Number.POSITIVE_INFINITY })],
  ['decayShare', () => warmupStableDecay({ peak: 0.1, decayShare: 0 })],
  ['finalShare', () => warmupStableDecay({ peak: 0.1, finalShare: -1 })],
  ['finalShare', () => warmupLinear({ peak: 0.1, finalShare: 2 })],
  ['learningRate', () => constant(1)],
])('refuses an impossible %s (%#)', (option, create) => {
  expect(create).toThrow(
    expect.objectContaining({ code: 'invalid-option', details: expect.objectContaining({ option }) }),
  )
})
