import { krippendorffAlpha } from './krippendorff-alpha.ts'
import { spearman } from './spearman.ts'
import { weightedKappa } from './weighted-kappa.ts'

/** How far two raters agree on the same items. */
export interface Agreement {
  items: number
  /** Share of items with the same value. */
  same: number
  /** Mean of a - b: above 0 a is the milder. */
  bias: number
  kappa: number
  kappaLinear: number
  kappaQuadratic: number
  alphaNominal: number
  alphaOrdinal: number
  alphaInterval: number
  spearman: number
}

/**
 * Judge against judge, judge against people: all measures of agreement over the items that both rated.
 *
 * @param scale all values of the scale in order, for kappa's weights; default: those that occur
 */
export function agreement(
  a: readonly (number | undefined)[],
  b: readonly (number | undefined)[],
  scale?: readonly number[],
): Agreement {
  const both: [number, number][] = []
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== undefined && b[i] !== undefined) both.push([a[i]!, b[i]!])
  }
  const [x, y] = [both.map(([value]) => value), both.map(([, value]) => value)]
  const options = scale ? { scale } : {}
  return {
    items: both.length,
    same: both.filter(([p, q]) => p === q).length / both.length,
    bias: both.reduce((sum, [p, q]) => sum + p - q, 0) / both.length,
    kappa: weightedKappa(x, y, options),
    kappaLinear: weightedKappa(x, y, { weights: 'linear', ...options }),
    kappaQuadratic: weightedKappa(x, y, { weights: 'quadratic', ...options }),
    alphaNominal: krippendorffAlpha([x, y], 'nominal'),
    alphaOrdinal: krippendorffAlpha([x, y], 'ordinal'),
    alphaInterval: krippendorffAlpha([x, y], 'interval'),
    spearman: spearman(x, y),
  }
}
