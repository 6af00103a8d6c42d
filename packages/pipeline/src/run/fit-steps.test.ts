import { gptConfig } from '@tinystories/model'
import { describe, expect, it } from 'vitest'
import { fitSteps, planLimits } from './fit-steps.ts'

const none = { steps: null, tokens: null, epochs: null, minutes: null }

describe('planLimits', () => {
  it('takes the limits that are asked for, and fits nothing then', () => {
    expect(planLimits({ minutes: 3 }, true)).toEqual({ limits: { ...none, minutes: 3 }, fit: null })
  })

  it('makes 900 steps on a small corpus, or what three minutes allow, and ten minutes on a large one', () => {
    expect(planLimits({}, true)).toEqual({
      limits: { ...none, steps: 900 },
      fit: { seconds: 180, maxEpochs: null },
    })
    expect(planLimits({}, false)).toEqual({ limits: { ...none, minutes: 10 }, fit: null })
  })

  it('gives each goal its time, whatever the corpus', () => {
    const fast = { limits: none, fit: { seconds: 600, maxEpochs: null } }
    expect([true, false].map(small => planLimits({ goal: 'fast' }, small))).toEqual([fast, fast])
    // After 21 passes over it, fresh text is worth 4 times as much: exp(-21 / 15.4) is 0.256, exp(-22 / 15.4) 0.240.
    const best = { limits: none, fit: { seconds: 10_800, maxEpochs: 22 } }
    expect(planLimits({ goal: 'best' }, true)).toEqual(best)
  })

  it('refuses a goal beside limits, and names them', () => {
    expect(() => planLimits({ goal: 'best', steps: 5, minutes: 1 }, true)).toThrow(
      expect.objectContaining({
        code: 'goal-with-limits',
        details: { goal: 'best', limits: ['steps', 'minutes'] },
      }),
    )
  })
})

describe('fitSteps', () => {
  const model = gptConfig('sample', { contextLength: 50 })
  // 2 x 3 windows of 40 tokens: 240 tokens a step.
  const settings = {
    limits: none,
    batchSize: 2,
    accumulate: 3,
    model,
    windowLength: 40,
    tokensPerEpoch: 1000,
  }

  it('takes as many whole steps as the rate allows', () => {
    const fitted = fitSteps(settings, { seconds: 10, maxEpochs: null }, 100)
    expect(fitted).toMatchObject({ steps: 4, by: 'time', epochs: 0.96, worth: 1 })
    expect(fitSteps({ ...settings, tokensPerEpoch: null }, { seconds: 10, maxEpochs: 2 }, 100)).toEqual({
      steps: 4,
      by: 'time',
      epochs: undefined,
      worth: undefined,
    })
  })

  it('makes one step on the slowest machine, and no more than the limit on the fastest', () => {
    expect(fitSteps(settings, { seconds: 1, maxEpochs: null }, 3).steps).toBe(1)
    const limited = { ...settings, limits: { ...none, steps: 9 } }
    expect(fitSteps(limited, { seconds: 1, maxEpochs: null }, 1e9)).toMatchObject({ steps: 9, by: 'steps' })
  })

  it('ends where other stories would be worth more', () => {
    const fitted = fitSteps(settings, { seconds: 1e6, maxEpochs: 16.4 }, 1000)
    expect(fitted).toMatchObject({ steps: 69, by: 'data' })
    // 69 steps are 16.56 passes: the last is worth exp(-15.56 / 15.4).
    expect(fitted.worth).toBeNear(Math.exp(-15.56 / 15.4), { relative: 1e-12 })
  })
})
