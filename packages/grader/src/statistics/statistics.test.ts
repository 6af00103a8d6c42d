import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bootstrapInterval } from './bootstrap-interval.ts'
import { type ClusteredValue, clusteredMean } from './clustered-mean.ts'
import { holm } from './holm.ts'
import { krippendorffAlpha } from './krippendorff-alpha.ts'
import { normalizeScores } from './normalize-scores.ts'
import { pairedComparison } from './paired-comparison.ts'
import { quantile } from './quantile.ts'
import { signFlipP } from './sign-flip-p.ts'
import { spearman } from './spearman.ts'
import { criticalT, twoSidedP } from './student-t.ts'
import { weightedKappa } from './weighted-kappa.ts'

type ByName = Record<'none' | 'linear' | 'quadratic' | 'nominal' | 'ordinal' | 'interval', number>
interface Goldens {
  versions: Record<string, string>
  twoSidedP: [number, number, number][]
  criticalT: [number, number, number][]
  quantile: [number[], number, number][]
  clusteredMean: {
    clusters: number[]
    values: number[]
    mean: number
    standardError: number
    within: [number, number]
  }[]
  pairedComparison: {
    a: number[]
    b: number[]
    difference: number
    interval: [number, number]
    effectSize: number
    cohensD: number
    tTestP: number
    permutationP: number
    exact: boolean
  }[]
  signFlip: { differences: number[]; p: number }[]
  holm: { p: number[]; corrected: number[] }[]
  raters: {
    a: number[]
    b: number[]
    scale: number[]
    kappa: ByName
    kappaOnScale: ByName
    alpha: ByName
    spearman: number
  }[]
  missing: { ratings: (number | null)[][]; alpha: ByName }
}
/** Made by goldens/make-statistics.py with scikit-learn 1.9.1, scipy 1.17.1, statsmodels 0.15.0, krippendorff 0.9.0. */
const goldens = JSON.parse(
  readFileSync(new URL('../../goldens/statistics.json', import.meta.url), 'utf8'),
) as Goldens

const clustered = (values: number[], clusters: number[] = values.map((_, i) => i)): ClusteredValue[] =>
  values.map((value, i) => ({ value, cluster: String(clusters[i]) }))

describe('as reference implementations say', () => {
  test('the t distribution (scipy)', () => {
    for (const [t, degrees, p] of goldens.twoSidedP) expect(twoSidedP(t, degrees) / p).toBeCloseTo(1, 10)
    for (const [confidence, degrees, t] of goldens.criticalT)
      expect(criticalT(confidence, degrees)).toBeCloseTo(t, 9)
  })

  test('clustered standard errors (statsmodels OLS, cov_type cluster)', () => {
    for (const { values, clusters, mean, standardError, within } of goldens.clusteredMean) {
      const ours = clusteredMean(clustered(values, clusters))
      expect(ours.mean).toBeCloseTo(mean, 10)
      expect(ours.standardError).toBeCloseTo(standardError, 10)
      // A fractional logit with clustered errors (statsmodels GLM, whose solver stops at 1e-8).
      const { interval } = clusteredMean(clustered(values, clusters), { scale: [0, 10] })
      expect(interval[0]).toBeCloseTo(within[0], 6)
      expect(interval[1]).toBeCloseTo(within[1], 6)
    }
  })

  test('paired comparison (scipy ttest_rel, permutation_test)', () => {
    for (const { a, b, exact, permutationP, interval, ...rest } of goldens.pairedComparison) {
      const ours = pairedComparison(clustered(a), clustered(b))
      for (const name of ['difference', 'effectSize', 'cohensD', 'tTestP'] as const)
        expect(ours[name]).toBeCloseTo(rest[name], 10)
      expect(ours.interval[0]).toBeCloseTo(interval[0], 9)
      expect(ours.interval[1]).toBeCloseTo(interval[1], 9)
      if (exact) expect(ours.permutationP).toBeCloseTo(permutationP, 12)
      // scipy draws 200,000 times: five standard errors.
      else
        expect(Math.abs(ours.permutationP - permutationP)).toBeLessThan(
          5 * Math.sqrt((permutationP * (1 - permutationP)) / 200_000),
        )
    }
  })

  test('the permutation distribution (convolution of exact fractions)', () => {
    for (const { differences, p } of goldens.signFlip) expect(signFlipP(differences) / p).toBeCloseTo(1, 10)
    // The two extremes of 2^60 ways: no floor hides it.
    expect(signFlipP(Array.from({ length: 60 }, () => 0.3))).toBe(2 ** -59)
    // On no common grid: rounded to 2^14 steps.
    const odd = goldens.signFlip[1]!.differences.map((each, i) => each + Math.sin(i) * 1e-5)
    expect(signFlipP(odd) / goldens.signFlip[1]!.p).toBeCloseTo(1, 1)
  })

  test('Holm (statsmodels), quantiles (numpy)', () => {
    for (const { p, corrected } of goldens.holm)
      holm(p).forEach((value, i) => {
        expect(value).toBeCloseTo(corrected[i]!, 12)
      })
    for (const [values, q, expected] of goldens.quantile)
      expect(quantile(values, q)).toBeCloseTo(expected, 12)
  })

  test('kappa (scikit-learn), alpha (krippendorff), rank correlation (scipy)', () => {
    for (const { a, b, scale, kappa, kappaOnScale, alpha, spearman: rho } of goldens.raters) {
      for (const weights of ['none', 'linear', 'quadratic'] as const) {
        expect(weightedKappa(a, b, { weights })).toBeCloseTo(kappa[weights], 10)
        expect(weightedKappa(a, b, { weights, scale })).toBeCloseTo(kappaOnScale[weights], 10)
      }
      for (const level of ['nominal', 'ordinal', 'interval'] as const)
        expect(krippendorffAlpha([a, b], level)).toBeCloseTo(alpha[level], 10)
      expect(spearman(a, b)).toBeCloseTo(rho, 10)
    }
    const { ratings, alpha } = goldens.missing
    const sparse = ratings.map(rater => rater.map(value => value ?? undefined))
    for (const level of ['nominal', 'ordinal', 'interval'] as const)
      expect(krippendorffAlpha(sparse, level)).toBeCloseTo(alpha[level], 10)
  })

  test("the worked example of Krippendorff's paper (2011, section C): 0.743, 0.815, 0.849", () => {
    const _ = undefined
    const raters = [
      [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
      [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
      [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
      [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
    expect(krippendorffAlpha(raters, 'nominal')).toBeCloseTo(0.743, 3)
    expect(krippendorffAlpha(raters, 'ordinal')).toBeCloseTo(0.815, 3)
    expect(krippendorffAlpha(raters, 'interval')).toBeCloseTo(0.849, 3)
  })
})

describe('laws', () => {
  const scores = fc.array(
    fc.record({ cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e'), value: fc.integer({ min: 0, max: 10 }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )

  test('a bootstrap interval lies within the scores, holds for its seed, and widens with the confidence', () => {
    fc.assert(
      fc.property(scores, fc.nat(), (values, seed) => {
        const [low, high] = bootstrapInterval(values, { seed, draws: 200 })
        if (new Set(values.map(({ cluster }) => cluster)).size < 2) return Number.isNaN(low)
        const all = values.map(({ value }) => value)
        expect(low).toBeGreaterThanOrEqual(Math.min(...all) - 1e-12)
        expect(high).toBeLessThanOrEqual(Math.max(...all) + 1e-12)
        expect(bootstrapInterval(values, { seed, draws: 200 })).toEqual([low, high])
        const [lower, higher] = bootstrapInterval(values, { seed, draws: 200, confidence: 0.99 })
        return lower <= low && higher >= high
      }),
      { numRuns: 60 },
    )
  })

  test('the bootstrap covers the mean about as often as it says', () => {
    let state = 7
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    let covered = 0
    for (let run = 0; run < 300; run++) {
      const values = Array.from({ length: 40 }, (_, i) => ({ cluster: String(i), value: next() }))
      const [low, high] = bootstrapInterval(values, { seed: run, draws: 400 })
      if (low <= 0.5 && high >= 0.5) covered++
    }
    // 95 % of 300 are 285; five standard deviations below are 266.
    expect(covered).toBeGreaterThan(260)
  })

  test('comparing a model with itself finds nothing, and exchanging the two turns the sign', () => {
    fc.assert(
      fc.property(scores, scores, (a, b) => {
        const self = pairedComparison(a, a)
        if (self.pairs >= 2)
          expect(self).toMatchObject({ difference: 0, effectSize: 0, cohensD: 0, permutationP: 1, tTestP: 1 })
        const [ab, ba] = [pairedComparison(a, b), pairedComparison(b, a)]
        expect(ab.pairs).toBe(ba.pairs)
        if (ab.pairs >= 2) {
          expect(ab.difference).toBeCloseTo(-ba.difference, 12)
          expect(ab.permutationP).toBeCloseTo(ba.permutationP, 12)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('intervals stay within the scale, and hold the estimate', () => {
    fc.assert(
      fc.property(scores, fc.integer({ min: 0, max: 2 }), (values, trim) => {
        const few = values.slice(trim)
        const { mean, interval, clusters } = clusteredMean(few, { scale: [0, 10] })
        if (clusters < 2) return Number.isNaN(interval[0])
        expect(interval[0]).toBeGreaterThanOrEqual(0)
        expect(interval[1]).toBeLessThanOrEqual(10)
        return interval[0] <= mean + 1e-9 && mean <= interval[1] + 1e-9
      }),
    )
    // Two prompts: t has one degree of freedom, and mean -+ t SE is -7.7 to 16.7.
    const [low, high] = clusteredMean(clustered([3, 3, 6, 6], [0, 0, 1, 1]), { scale: [0, 10] }).interval
    expect(low).toBeGreaterThan(0)
    expect(high).toBeLessThan(10)
    expect(high - low).toBeGreaterThan(9)
  })

  test('a difference that is the same on every prompt has an effect size and a p-value', () => {
    const [a, b] = [clustered([8, 6, 7, 9, 8, 5]), clustered([7, 5, 6, 8, 7, 4])]
    expect(pairedComparison(a, b, { scale: [0, 10] })).toMatchObject({
      difference: 1,
      effectSize: 1,
      cohensD: Number.NaN,
      permutationP: 2 / 2 ** 6,
      tTestP: Number.NaN,
      interval: [1, 1],
    })
    // Tenths are no exact binary numbers.
    const tenths = pairedComparison(clustered([0.3, 0.4, 0.7]), clustered([0.2, 0.3, 0.6]))
    expect(tenths).toMatchObject({ effectSize: 1, cohensD: Number.NaN, permutationP: 0.25 })
  })

  test('perfect agreement is 1, of any measure', () => {
    const values = [1, 5, 3, 3, 2, 4]
    expect(weightedKappa(values, values, { weights: 'quadratic' })).toBe(1)
    expect(krippendorffAlpha([values, values, values], 'ordinal')).toBe(1)
    expect(spearman(values, values)).toBeCloseTo(1, 15)
  })

  test('normalized scores reach from 0 to 1', () => {
    expect(normalizeScores([2, 4, 3])).toEqual([0, 1, 0.5])
    expect(normalizeScores([2, Number.NaN, 3])).toEqual([0, Number.NaN, 1])
    expect(normalizeScores([5, 5])).toEqual([Number.NaN, Number.NaN])
  })

  test('wrong input is refused', () => {
    expect(() => weightedKappa([1], [1, 2])).toThrow('1 and 2 values')
    expect(() => weightedKappa([1], [7], { scale: [1, 2] })).toThrow('Rating 0 is 7')
    expect(clusteredMean([]).mean).toBeNaN()
    expect(pairedComparison([], []).pairs).toBe(0)
  })
})
