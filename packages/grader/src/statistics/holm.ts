/** P-values corrected for there being several tests (Holm 1979, step-down). Those that are NaN are no tests. */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues
    .map((p, index) => ({ p, index }))
    .filter(({ p }) => !Number.isNaN(p))
    .sort((a, b) => a.p - b.p)
  const corrected = pValues.map(() => Number.NaN)
  let before = 0
  for (const [rank, { p, index }] of order.entries()) {
    before = Math.max(before, Math.min(1, p * (order.length - rank)))
    corrected[index] = before
  }
  return corrected
}
