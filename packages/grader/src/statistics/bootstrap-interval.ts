import type { ClusteredValue } from './clustered-mean.ts'
import { quantile } from './quantile.ts'
import { randomBelow } from './random.ts'

/**
 * A percentile interval of the mean from the cluster bootstrap: whole prompts are drawn with replacement, with all
 * their completions (Davison and Hinkley 1997, section 3.8; Efron's percentile interval). The same seed gives the same
 * interval.
 *
 * @returns NaN twice with fewer than two clusters
 */
export function bootstrapInterval(
  values: readonly ClusteredValue[],
  { seed = 0, draws = 2000, confidence = 0.95 }: { seed?: number; draws?: number; confidence?: number } = {},
): [number, number] {
  const clusters = new Map<string, { sum: number; count: number }>()
  for (const { cluster, value } of values) {
    const found = clusters.get(cluster) ?? { sum: 0, count: 0 }
    found.sum += value
    found.count++
    clusters.set(cluster, found)
  }
  if (clusters.size < 2) return [Number.NaN, Number.NaN]
  const sums = Float64Array.from(clusters.values(), ({ sum }) => sum)
  const counts = Float64Array.from(clusters.values(), ({ count }) => count)
  const below = randomBelow(seed)
  const means = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    let count = 0
    for (let i = 0; i < sums.length; i++) {
      const cluster = below(sums.length)
      sum += sums[cluster]!
      count += counts[cluster]!
    }
    means[draw] = sum / count
  }
  means.sort()
  return [quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)]
}
