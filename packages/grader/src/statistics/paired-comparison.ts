import { Random } from '@tinystories/utils/random'
import type { ClusteredValue } from './clustered-mean.ts'
import { criticalT, twoSidedP } from './student-t.ts'

/** How two models differ on the same prompts. */
export interface PairedComparison {
  /** Mean over prompts of (mean of a - mean of b). */
  difference: number
  /** Of the difference, t with pairs - 1 degrees of freedom. */
  interval: [number, number]
  /** Cohen's d for pairs: difference / standard deviation of the differences; 0 when all are 0. */
  effectSize: number
  /** Two-sided, by exchanging a and b within prompts: all ways up to 2^16, else drawn. */
  permutationP: number
  /** Two-sided, of the paired t-test on the prompts' means. */
  tTestP: number
  /** Prompts that both models have scores for. */
  pairs: number
}

/**
 * Compares two models on the same prompts: first the mean over the trials of each prompt, then the
 * differences of these means, so that prompts, not completions, are what is independent.
 *
 * @returns NaNs with fewer than two common prompts
 */
export function pairedComparison(
  a: readonly ClusteredValue[],
  b: readonly ClusteredValue[],
  {
    seed = 0,
    draws = 10_000,
    confidence = 0.95,
  }: { seed?: number; draws?: number; confidence?: number } = {},
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
    return { difference, interval: [none, none], effectSize: none, permutationP: none, tTestP: none, pairs }
  }
  const variance = differences.reduce((sum, each) => sum + (each - difference) ** 2, 0) / (pairs - 1)
  const deviation = Math.sqrt(variance)
  const standardError = deviation / Math.sqrt(pairs)
  const margin = criticalT(confidence, pairs - 1) * standardError
  return {
    difference,
    interval: [difference - margin, difference + margin],
    effectSize: difference === 0 ? 0 : difference / deviation,
    permutationP: signFlipP(differences, { seed, draws }),
    tTestP: difference === 0 ? 1 : twoSidedP(difference / standardError, pairs - 1),
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

/** The share of sign changes that make the sum at least as far from 0; drawn ones count the one observed too. */
function signFlipP(differences: readonly number[], { seed, draws }: { seed: number; draws: number }): number {
  const observed = Math.abs(differences.reduce((sum, each) => sum + each, 0))
  // Sums of the same numbers in another order differ in the last bits.
  const bound = observed - 1e-9 * differences.reduce((sum, each) => sum + Math.abs(each), 0)
  const n = differences.length
  if (n <= 16) {
    let extreme = 0
    for (let signs = 0; signs < 2 ** n; signs++) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += (signs >> i) & 1 ? differences[i]! : -differences[i]!
      if (Math.abs(sum) >= bound) extreme++
    }
    return extreme / 2 ** n
  }
  const random = new Random(seed)
  let extreme = 1
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    for (let i = 0; i < n; i += 32) {
      const signs = random.uint32()
      for (let j = i; j < Math.min(n, i + 32); j++)
        sum += (signs >> (j - i)) & 1 ? differences[j]! : -differences[j]!
    }
    if (Math.abs(sum) >= bound) extreme++
  }
  return extreme / (draws + 1)
}
