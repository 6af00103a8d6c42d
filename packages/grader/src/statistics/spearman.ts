import { GraderError } from '../errors.ts'

/**
 * Spearman's rank correlation: Pearson's of the ranks, tied values sharing their mean rank.
 *
 * @returns NaN with fewer than two pairs or when one side is constant
 * @throws GraderError `lengths-differ`
 */
export function spearman(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new GraderError('lengths-differ', { a: a.length, b: b.length })
  return pearson(ranks(a), ranks(b))
}

/** Ranks from 1; equal values share the mean of theirs. */
export function ranks(values: readonly number[]): Float64Array {
  const order = values.map((value, index) => ({ value, index })).sort((x, y) => x.value - y.value)
  const result = new Float64Array(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from + 1
    while (to < order.length && order[to]!.value === order[from]!.value) to++
    for (let i = from; i < to; i++) result[order[i]!.index] = (from + to + 1) / 2
    from = to
  }
  return result
}

/** Pearson's correlation. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length
  const [meanA, meanB] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return ab / Math.sqrt(aa * bb)
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
