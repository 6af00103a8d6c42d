/** Finest grid on which the distribution is computed. */
const mostSteps = 2 ** 14

/**
 * Two-sided p-value of the paired permutation test: the share of the 2^n ways of exchanging the two sides of each pair
 * that make the sum of the differences at least as far from 0 as it is. Computed from the whole distribution, which is
 * built difference by difference on a grid (the network algorithm of Pagano and Tritchler 1983), not drawn: it has no
 * floor but 2^(1-n). Exact where the differences are multiples of a common step, as means of whole scores are; else
 * they are rounded to 2^14 steps of their sum.
 */
export function signFlipP(differences: readonly number[]): number {
  const sizes = differences.map(Math.abs)
  const total = sizes.reduce((sum, each) => sum + each, 0)
  const steps = commonSteps(sizes, total) ?? sizes.map(size => Math.round((size / total) * mostSteps))
  const reach = steps.reduce((sum, each) => sum + each, 0)
  const observed = Math.abs(steps.reduce((sum, step, i) => sum + step * Math.sign(differences[i]!), 0))
  // probability[k]: that the flipped sum is 2k - reach.
  const probability = new Float64Array(reach + 1)
  probability[0] = 1
  let top = 0
  for (const step of steps) {
    // From the top, so that every sum is split once.
    for (let k = top; k >= 0; k--) {
      const half = probability[k]! / 2
      probability[k] = half
      probability[k + step]! += half
    }
    top += step
  }
  let p = 0
  for (let k = 0; k <= reach; k++) if (Math.abs(2 * k - reach) >= observed) p += probability[k]!
  return Math.min(1, p)
}

/** The differences as whole multiples of 1 / s for the smallest s that fits, such as 10 for means of ten trials. */
function commonSteps(sizes: readonly number[], total: number): number[] | undefined {
  for (let s = 1; total * s <= 2 * mostSteps && s <= 5040; s++) {
    const steps = sizes.map(size => Math.round(size * s))
    if (steps.every((step, i) => Math.abs(step - sizes[i]! * s) <= 1e-7 * s)) return steps
  }
  return undefined
}
