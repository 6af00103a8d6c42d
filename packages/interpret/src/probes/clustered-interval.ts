import { wilsonInterval } from './wilson-interval.ts'

/** An item that was scored, with what it has in common with others: a value for each factor, such as its words. */
export interface Outcome {
  passed: boolean
  shares: readonly string[]
}

/**
 * The 95 % interval of the share of items that pass. Items that share a word or a template pass and fail together, so that
 * fifty of them say less than fifty independent ones: the variance is clustered by each factor at once (Cameron, Gelbach and
 * Miller, "Robust inference with multiway clustering", JBES 2011, with the intersections taken as single items) and at
 * least that of the worst factor; the Wilson interval is then that of so many independent items as would have this variance.
 * Where all items or none pass there is nothing to estimate it from, and each value of the poorest factor counts as one item.
 *
 * A factor with a single value is no sample of anything: it is what all items are about.
 */
export function clusteredInterval(outcomes: readonly Outcome[]): [low: number, high: number] {
  const items = outcomes.length
  const passed = outcomes.filter(outcome => outcome.passed).length
  if (items === 0) return [0, 1]
  const share = passed / items
  const factors = outcomes[0]!.shares
    .map((_, factor) => sumsBy(outcomes, factor, share))
    .filter(sums => sums.length > 1 && sums.length < items)
  if (factors.length === 0) return wilsonInterval(passed, items)
  const fewest = Math.min(...factors.map(sums => sums.length))
  if (passed === 0 || passed === items) return wilsonInterval(share * fewest, fewest)
  const single = (share * (1 - share)) / items
  const variances = factors.map(sums => {
    const squares = sums.reduce((total, sum) => total + sum ** 2, 0)
    return ((sums.length / (sums.length - 1)) * squares) / items ** 2
  })
  const together = variances.reduce((total, variance) => total + variance, 0) - (factors.length - 1) * single
  const variance = Math.max(single, together, ...variances)
  const effective = (share * (1 - share)) / variance
  return wilsonInterval(share * effective, effective)
}

/** For each value of a factor the sum of how far its items lie from the share of all. */
function sumsBy(outcomes: readonly Outcome[], factor: number, share: number): number[] {
  const sums = new Map<string, number>()
  for (const { passed, shares } of outcomes) {
    const value = shares[factor]!
    sums.set(value, (sums.get(value) ?? 0) + (passed ? 1 : 0) - share)
  }
  return [...sums.values()]
}
