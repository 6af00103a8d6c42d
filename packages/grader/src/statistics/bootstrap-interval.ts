import { Random } from '@tinystories/utils/random'
import type { ClusteredValue } from './clustered-mean.ts'
import { quantile } from './quantile.ts'

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
  const below = drawIndex(new Random(seed), sums.length)
  const means = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    let count = 0
    for (let i = 0; i < sums.length; i++) {
      const cluster = below()
      sum += sums[cluster]!
      count += counts[cluster]!
    }
    means[draw] = sum / count
  }
  means.sort()
  return [quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)]
}

/** Draws indexes below a limit, two for each word of the generator where 16 bits are enough. */
function drawIndex(random: Random, limit: number): () => number {
  if (limit > 0x1_0000) return () => random.integer(limit)
  const unbiased = 0x1_0000 - (0x1_0000 % limit)
  let word = 0
  let hasHalf = false
  return () => {
    for (;;) {
      if (!hasHalf) word = random.uint32()
      const half = hasHalf ? word >>> 16 : word & 0xffff
      hasHalf = !hasHalf
      if (half < unbiased) return half % limit
    }
  }
}
