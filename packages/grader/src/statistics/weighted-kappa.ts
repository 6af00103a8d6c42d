import { GraderError } from '../errors.ts'

/**
 * Cohen's kappa of two raters on the same items, with weights |i - j|^e for the disagreement of categories i and j:
 * none (Cohen 1960), linear e = 1, quadratic e = 2 (Cohen 1968). kappa = 1 - sum(w observed) / sum(w expected).
 * Categories are the sorted values that occur, at equal distances, as in scikit-learn.
 *
 * @param scale all categories in order, where some may not occur; with weights it matters
 * @returns NaN without items, or when both raters give one and the same value throughout
 * @throws GraderError `lengths-differ`, or `off-scale` for a value that is not on the scale
 */
export function weightedKappa(
  a: readonly number[],
  b: readonly number[],
  { weights = 'none', scale }: { weights?: 'none' | 'linear' | 'quadratic'; scale?: readonly number[] } = {},
): number {
  if (a.length !== b.length) throw new GraderError('lengths-differ', { a: a.length, b: b.length })
  const categories = scale ?? [...new Set([...a, ...b])].sort((x, y) => x - y)
  const indexOf = new Map(categories.map((value, index) => [value, index]))
  const k = categories.length
  const observed = new Float64Array(k * k)
  const rows = new Float64Array(k)
  const columns = new Float64Array(k)
  for (let n = 0; n < a.length; n++) {
    const [i, j] = [indexOf.get(a[n]!), indexOf.get(b[n]!)]
    if (i === undefined || j === undefined)
      throw new GraderError('off-scale', { index: n, value: (i === undefined ? a : b)[n]! })
    observed[i * k + j]!++
    rows[i]!++
    columns[j]!++
  }
  let disagreement = 0
  let byChance = 0
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const distance = Math.abs(i - j)
      const weight = weights === 'none' ? (i === j ? 0 : 1) : weights === 'linear' ? distance : distance ** 2
      disagreement += weight * observed[i * k + j]!
      byChance += (weight * rows[i]! * columns[j]!) / a.length
    }
  }
  return 1 - disagreement / byChance
}
