import type { ClusteredValue } from './clustered-mean.ts'
import { intervalWithin } from './interval-within.ts'
import { signFlipP } from './sign-flip-p.ts'
import { ranks } from './spearman.ts'
import { twoSidedP } from './student-t.ts'

/** How two models differ on the same prompts. */
export interface PairedComparison {
  /** Mean over prompts of (mean of a - mean of b). */
  difference: number
  /** Of the difference, t with pairs - 1 degrees of freedom; within the scale where one is given. */
  interval: [number, number]
  /**
   * Rank-biserial correlation of the pairs: the share of rank sums that speaks for a less that for b, from -1 to 1
   * (Kerby 2014); 1 when a is better on every prompt, 0 when all are equal.
   */
  effectSize: number
  /** Cohen's d of the pairs: difference / standard deviation of the differences; NaN when the differences do not vary. */
  cohensD: number
  /** Two-sided, by exchanging a and b within prompts, from the whole permutation distribution. */
  permutationP: number
  /** Two-sided, of the paired t-test on the prompts' means; NaN when the differences do not vary, but 1 when all are 0. */
  tTestP: number
  /** Prompts that both models have scores for. */
  pairs: number
}

/**
 * Compares two models on the same prompts: first the mean over the trials of each prompt, then the differences of
 * these means, so that prompts, not completions, are what is independent.
 *
 * @param scale lowest and highest score; keeps the interval within what is possible
 * @returns NaNs with fewer than two common prompts
 */
export function pairedComparison(
  a: readonly ClusteredValue[],
  b: readonly ClusteredValue[],
  { confidence = 0.95, scale }: { confidence?: number; scale?: readonly [number, number] } = {},
): PairedComparison {
  const [meansA, meansB] = [clusterMeans(a), clusterMeans(b)]
  const differences: number[] = []
  for (const [cluster, mean] of meansA) {
    const other = meansB.get(cluster)
    if (other !== undefined) differences.push(mean - other)
  }
  const pairs = differences.length
  const difference = pairs === 0 ? Number.NaN : differences.reduce((sum, each) => sum + each, 0) / pairs
  if (pairs < 2) {
    const none = Number.NaN
    const p = { permutationP: none, tTestP: none }
    return { difference, interval: [none, none], effectSize: none, cohensD: none, ...p, pairs }
  }
  const variance = differences.reduce((sum, each) => sum + (each - difference) ** 2, 0) / (pairs - 1)
  // Equal differences of decimals differ in the last bits.
  const deviation = variance < 1e-20 ? 0 : Math.sqrt(variance)
  const standardError = deviation / Math.sqrt(pairs)
  const reach = scale && scale[1] - scale[0]
  const isZero = differences.every(each => each === 0)
  return {
    difference,
    interval: intervalWithin(
      { estimate: difference, standardError, degrees: pairs - 1, confidence },
      reach === undefined ? undefined : [-reach, reach],
    ),
    effectSize: rankBiserial(differences),
    cohensD: deviation === 0 ? (isZero ? 0 : Number.NaN) : difference / deviation,
    permutationP: signFlipP(differences),
    tTestP: deviation === 0 ? (isZero ? 1 : Number.NaN) : twoSidedP(difference / standardError, pairs - 1),
    pairs,
  }
}

function clusterMeans(values: readonly ClusteredValue[]): Map<string, number> {
  const sums = new Map<string, { sum: number; count: number }>()
  for (const { cluster, value } of values) {
    const found = sums.get(cluster) ?? { sum: 0, count: 0 }
    found.sum += value
    found.count++
    sums.set(cluster, found)
  }
  return new Map([...sums].map(([cluster, { sum, count }]) => [cluster, sum / count]))
}

/** (W+ - W-) / (W+ + W-) of Wilcoxon's signed ranks; pairs without a difference are left out. */
function rankBiserial(differences: readonly number[]): number {
  const given = differences.filter(each => each !== 0)
  if (given.length === 0) return 0
  // Rounded, so that equal differences of decimals share their rank.
  const rank = ranks(given.map(each => Math.round(Math.abs(each) * 1e9)))
  const sum = rank.reduce((all, each) => all + each, 0)
  return given.reduce((all, each, i) => all + Math.sign(each) * rank[i]!, 0) / sum
}
