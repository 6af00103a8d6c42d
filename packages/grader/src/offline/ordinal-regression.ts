/** A proportional-odds model: P(level <= k) = 1 / (1 + exp(-(thresholds[k] - weights . x))). */
export interface OrdinalModel {
  weights: number[]
  /** One less than there are levels, ascending. */
  thresholds: number[]
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** The probability of each level. */
export function levelProbabilities({ weights, thresholds }: OrdinalModel, x: readonly number[]): number[] {
  const score = weights.reduce((sum, weight, i) => sum + weight * x[i]!, 0)
  const below = [...thresholds.map(threshold => sigmoid(threshold - score)), 1]
  return below.map((p, k) => p - (k === 0 ? 0 : below[k - 1]!))
}

/**
 * Fits the proportional-odds model (McCullagh 1980) by maximum likelihood with a ridge penalty on the weights, by
 * gradient ascent with a halving step. Thresholds are fitted as the first and the logarithms of the gaps.
 *
 * @param rows features of each item, about standardized
 * @param levels level of each item, from 0 to `count` - 1
 * @param penalty half of it times the squared weights is taken off the log-likelihood
 */
export function fitOrdinal(
  rows: readonly (readonly number[])[],
  levels: readonly number[],
  { count, penalty }: { count: number; penalty: number },
): OrdinalModel {
  const width = rows[0]!.length
  const modelOf = (parameters: readonly number[]): OrdinalModel => {
    let threshold = parameters[width]!
    const thresholds = [threshold]
    for (let k = 1; k < count - 1; k++) {
      threshold += Math.exp(parameters[width + k]!)
      thresholds.push(threshold)
    }
    return { weights: parameters.slice(0, width), thresholds }
  }
  const gain = (parameters: readonly number[]): number => {
    const model = modelOf(parameters)
    let sum = 0
    for (const [i, row] of rows.entries())
      sum += Math.log(Math.max(1e-12, levelProbabilities(model, row)[levels[i]!]!))
    for (let i = 0; i < width; i++) sum -= (penalty / 2) * parameters[i]! ** 2
    return sum
  }
  const gradient = (parameters: readonly number[]): number[] => {
    const model = modelOf(parameters)
    const { thresholds, weights } = model
    const slope = parameters.map(() => 0)
    for (const [i, row] of rows.entries()) {
      const score = weights.reduce((sum, weight, j) => sum + weight * row[j]!, 0)
      const level = levels[i]!
      const upper = level < count - 1 ? sigmoid(thresholds[level]! - score) : 1
      const lower = level > 0 ? sigmoid(thresholds[level - 1]! - score) : 0
      const p = Math.max(1e-12, upper - lower)
      const [dUpper, dLower] = [(upper * (1 - upper)) / p, (lower * (1 - lower)) / p]
      for (let j = 0; j < width; j++) slope[j]! -= (dUpper - dLower) * row[j]!
      // A threshold is the first one plus all gaps up to it.
      if (level < count - 1) {
        slope[width]! += dUpper
        for (let k = 1; k <= level; k++) slope[width + k]! += dUpper * Math.exp(parameters[width + k]!)
      }
      if (level > 0) {
        slope[width]! -= dLower
        for (let k = 1; k <= level - 1; k++) slope[width + k]! -= dLower * Math.exp(parameters[width + k]!)
      }
    }
    for (let j = 0; j < width; j++) slope[j]! -= penalty * parameters[j]!
    return slope
  }
  let parameters = [
    ...Array.from({ length: width }, () => 0),
    -1,
    ...Array.from({ length: count - 2 }, () => 0),
  ]
  let best = gain(parameters)
  let step = 0.1
  for (let round = 0; round < 4000 && step > 1e-9; round++) {
    const slope = gradient(parameters)
    const next = parameters.map((each, i) => each + (step * slope[i]!) / rows.length)
    const reached = gain(next)
    if (reached > best) {
      if (reached - best < 1e-10) break
      ;[parameters, best, step] = [next, reached, step * 1.3]
    } else step /= 2
  }
  return modelOf(parameters)
}
