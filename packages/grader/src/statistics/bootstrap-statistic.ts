import { Random } from '@tinystories/utils/random'
import { quantile } from './quantile.ts'

/** A value with its interval. */
export interface Measured {
  value: number
  /** Percentile interval of the cluster bootstrap; NaN with fewer than two clusters. */
  interval: [number, number]
}

/**
 * Any statistic of items with the percentile interval of the cluster bootstrap: whole clusters are drawn with
 * replacement (Davison and Hinkley 1997, section 3.8). Draws without a value, such as a correlation of equal values,
 * are left out.
 *
 * @param items grouped by cluster, such as the pairs of scores of each prompt
 */
export function bootstrapStatistic<Item>(
  items: readonly (readonly Item[])[],
  statistic: (items: readonly Item[]) => number,
  { seed = 0, draws = 1000, confidence = 0.95 }: { seed?: number; draws?: number; confidence?: number } = {},
): Measured {
  const value = statistic(items.flat())
  if (items.length < 2) return { value, interval: [Number.NaN, Number.NaN] }
  const random = new Random(seed)
  const drawn: number[] = []
  for (let draw = 0; draw < draws; draw++) {
    const found = statistic(items.flatMap(() => items[random.integer(items.length)]!))
    if (!Number.isNaN(found)) drawn.push(found)
  }
  const sorted = Float64Array.from(drawn).sort()
  if (sorted.length === 0) return { value, interval: [Number.NaN, Number.NaN] }
  return { value, interval: [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)] }
}
