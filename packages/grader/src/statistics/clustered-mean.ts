import { intervalWithin } from './interval-within.ts'

/** A value and the cluster it belongs to: scores of completions of the same prompt are not independent. */
export interface ClusteredValue {
  cluster: string
  value: number
}

/** A mean with its uncertainty. */
export interface MeanEstimate {
  mean: number
  /** Clustered by prompt; NaN with fewer than two clusters. */
  standardError: number
  /** See {@link clusteredMean}; NaN with fewer than two clusters. */
  interval: [number, number]
  values: number
  clusters: number
}

/**
 * The mean of all values, with a standard error that does not take completions of one prompt for independent:
 * SE^2 = G / (G - 1) * sum over clusters g of (sum in g of (value - mean))^2 / n^2, the cluster-robust variance of a
 * regression on a constant (Liang and Zeger 1986; Cameron and Miller 2015, eq. 11-12; for evaluations Miller 2024,
 * arXiv 2411.00640, section 2.2). The interval is mean -+ t SE, t with G - 1 degrees of freedom; given the scale, the
 * same on the logit of the mean, which never leaves the scale.
 *
 * @param scale lowest and highest value
 */
export function clusteredMean(
  values: readonly ClusteredValue[],
  { confidence = 0.95, scale }: { confidence?: number; scale?: readonly [number, number] } = {},
): MeanEstimate {
  const n = values.length
  const mean = n === 0 ? Number.NaN : values.reduce((sum, { value }) => sum + value, 0) / n
  const residuals = new Map<string, number>()
  for (const { cluster, value } of values)
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + value - mean)
  const clusters = residuals.size
  let squares = 0
  for (const residual of residuals.values()) squares += residual * residual
  const standardError = clusters < 2 ? Number.NaN : Math.sqrt((clusters / (clusters - 1)) * squares) / n
  const interval = intervalWithin({ estimate: mean, standardError, degrees: clusters - 1, confidence }, scale)
  return { mean, standardError, interval, values: n, clusters }
}
