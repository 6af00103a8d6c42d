import { Random } from '@tinystories/utils/random'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GenerationError } from '../errors/index.ts'
import { checkSampling, type SamplingOptions, sampleToken } from './sample-token.ts'

const logits = Float32Array.from([0.1, 0.4, 0.3, 0.05, 0.15].map(Math.log))

/** Share of each token in many draws. */
function shares(options: SamplingOptions, seen: number[] = [], from: Float32Array = logits): number[] {
  const random = new Random(5)
  const counts = Array(from.length).fill(0)
  const draws = 20_000
  for (let i = 0; i < draws; i++) counts[sampleToken(from, options, random, seen).id]++
  return counts.map(count => count / draws)
}

function expectShares(actual: number[], expected: number[]): void {
  // Four standard deviations of 20,000 draws.
  for (const [i, share] of expected.entries()) {
    if (share === 0) expect(actual[i]).toBe(0)
    else
      expect(Math.abs(actual[i]! - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 20_000) + 1e-9)
  }
}

describe('sampleToken', () => {
  it('draws by the probabilities of the model', () => {
    expectShares(shares({}), [0.1, 0.4, 0.3, 0.05, 0.15])
  })

  it('sharpens and flattens by temperature', () => {
    const power = (t: number): number[] => {
      const raised = [0.1, 0.4, 0.3, 0.05, 0.15].map(p => p ** (1 / t))
      const total = raised.reduce((a, b) => a + b)
      return raised.map(p => p / total)
    }
    expectShares(shares({ temperature: 0.5 }), power(0.5))
    expectShares(shares({ temperature: 2 }), power(2))
  })

  it('keeps the k best, the nucleus, and what is probable enough', () => {
    expectShares(shares({ topK: 2 }), [0, 4 / 7, 3 / 7, 0, 0])
    expectShares(shares({ topP: 0.69 }), [0, 4 / 7, 3 / 7, 0, 0])
    expectShares(shares({ topP: 0.71 }), [0, 0.4 / 0.85, 0.3 / 0.85, 0, 0.15 / 0.85])
    expectShares(shares({ minP: 0.3 }), [0, 0.4 / 0.85, 0.3 / 0.85, 0, 0.15 / 0.85])
    // The nucleus is taken of what top-k left: 0.4 / 0.85 alone is short of 0.5.
    expectShares(shares({ topK: 3, topP: 0.5 }), [0, 4 / 7, 3 / 7, 0, 0])
    expectShares(shares({ topP: 1e-9 }), [0, 1, 0, 0, 0])
  })

  it('keeps the lower ids among equals', () => {
    expectShares(shares({ topK: 2 }, [], new Float32Array(4)), [0.5, 0.5, 0, 0])
    expect(sampleToken(new Float32Array(4), { temperature: 0 }, new Random(0), []).id).toBe(0)
  })

  it('penalises what was seen, once, whichever sign its logit has', () => {
    const scores = Float32Array.of(2, 1.5, -1, -1.2)
    const greedy = (repetitionPenalty: number, seen: number[], from = scores): number =>
      sampleToken(from, { temperature: 0, repetitionPenalty }, new Random(0), seen).id
    expect(greedy(1.3, [0])).toBe(0)
    expect(greedy(1.4, [0])).toBe(1)
    expect(greedy(1.3, [0, 0, 0])).toBe(0)
    expect(greedy(1.3, [2], Float32Array.of(-9, -9, -1, -1.2))).toBe(3)
  })

  it('reports the log-probability under the model itself', () => {
    for (const options of [
      {},
      { temperature: 0 },
      { topK: 1 },
      { temperature: 0.2 },
      { repetitionPenalty: 2 },
    ]) {
      const { id, logProbability } = sampleToken(logits, options, new Random(1), [1])
      expect(logProbability).toBeNear(logits[id]!, { absolute: 5e-7 })
    }
    const far = Float32Array.of(900, 0)
    expect(sampleToken(far, {}, new Random(1), []).logProbability).toBe(0)
  })

  it('takes no token that the filters dropped, and always takes one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (list, topK, topP, minP, seed) => {
          const { id } = sampleToken(Float32Array.from(list), { topK, topP, minP }, new Random(seed), [])
          const weights = list.map(score => Math.exp(score - Math.max(...list)))
          const better = weights.filter(weight => weight > weights[id]!).length
          expect(better).toBeLessThan(topK)
          expect(weights[id]).toBeGreaterThanOrEqual(minP)
        },
      ),
    )
  })

  it('refuses logits that are no numbers', () => {
    expect(() => sampleToken(Float32Array.of(1, Number.NaN), {}, new Random(0), [])).toThrow(/not finite/)
    expect(() => sampleToken(Float32Array.of(Number.NaN, 1), {}, new Random(0), [])).toThrow(/not finite/)
  })
})

describe('checkSampling', () => {
  it.each<[SamplingOptions, RegExp]>([
    [{ temperature: -1 }, /temperature must be a number of at least 0, got -1/],
    [{ temperature: Number.NaN }, /temperature .* got NaN/],
    [{ topK: 0 }, /topK must be a whole number of at least 1, got 0/],
    [{ topK: 1.5 }, /topK/],
    [{ topP: 0 }, /topP must be above 0 and at most 1, got 0/],
    [{ topP: 1.1 }, /topP/],
    [{ minP: -0.1 }, /minP must be between 0 and 1/],
    [{ repetitionPenalty: 0 }, /repetitionPenalty must be a number above 0/],
  ])('refuses %o', (options, message) => {
    expect(() => checkSampling(options)).toThrow(GenerationError)
    expect(() => checkSampling(options)).toThrow(message)
  })
})
