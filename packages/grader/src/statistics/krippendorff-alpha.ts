/**
 * Krippendorff's alpha: agreement of any number of raters, where some may not have rated some items (Krippendorff
 * 2011, "Computing Krippendorff's Alpha-Reliability"): alpha = 1 - D_o / D_e with the squared differences
 * - nominal: 1 for different values
 * - ordinal: (sum of n_g for g from c to k, less half of n_c and n_k)^2
 * - interval: (c - k)^2
 *
 * @param ratings one list for each rater, all of one length; undefined or NaN where a rater did not rate the item
 * @returns NaN when no item has two ratings, or all ratings are the same
 */
export function krippendorffAlpha(
  ratings: readonly (readonly (number | undefined)[])[],
  level: 'nominal' | 'ordinal' | 'interval' = 'interval',
): number {
  const items = Math.max(0, ...ratings.map(({ length }) => length))
  const units: number[][] = []
  for (let item = 0; item < items; item++) {
    const unit = ratings
      .map(rater => rater[item])
      .filter(value => value !== undefined && !Number.isNaN(value))
    if (unit.length > 1) units.push(unit as number[])
  }
  const values = [...new Set(units.flat())].sort((x, y) => x - y)
  const indexOf = new Map(values.map((value, index) => [value, index]))
  const k = values.length
  const coincidences = new Float64Array(k * k)
  for (const unit of units) {
    const share = 1 / (unit.length - 1)
    const counts = new Map<number, number>()
    for (const value of unit) counts.set(indexOf.get(value)!, (counts.get(indexOf.get(value)!) ?? 0) + 1)
    for (const [i, countI] of counts) {
      for (const [j, countJ] of counts)
        coincidences[i * k + j]! += countI * (countJ - (i === j ? 1 : 0)) * share
    }
  }
  const totals = values.map((_, i) =>
    coincidences.subarray(i * k, (i + 1) * k).reduce((sum, each) => sum + each, 0),
  )
  const n = totals.reduce((sum, each) => sum + each, 0)
  let running = 0
  const cumulative = totals.map(total => {
    running += total
    return running
  })
  const squaredDifference = (i: number, j: number): number => {
    if (i === j) return 0
    if (level === 'nominal') return 1
    if (level === 'interval') return (values[i]! - values[j]!) ** 2
    const [low, high] = i < j ? [i, j] : [j, i]
    const between = cumulative[high]! - cumulative[low]! + totals[low]!
    return (between - (totals[low]! + totals[high]!) / 2) ** 2
  }
  let observed = 0
  let expected = 0
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const difference = squaredDifference(i, j)
      observed += coincidences[i * k + j]! * difference
      expected += totals[i]! * totals[j]! * difference
    }
  }
  return 1 - ((n - 1) * observed) / expected
}
