import { criticalT } from './student-t.ts'

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
  /** mean -+ t standardError, t with clusters - 1 degrees of freedom; NaN with fewer than two clusters. */
  interval: [number, number]
  values: number
  clusters: number
}

/**
 * The mean of all values, with a standard error that does not take completions of one prompt for independent:
 * SE^2 = G / (G - 1) * sum over clusters g of (sum in g of (value - mean))^2 / n^2, the cluster-robust variance of a
 * regression on a constant (Liang and Zeger 1986; Cameron and Miller 2015, eq. 11-12; for evaluations Miller 2024,
 * arXiv 2411.00640, section 2.2).
 */
export function clusteredMean(values: readonly ClusteredValue[], confidence = 0.95): MeanEstimate {
  const n = values.length
  const mean = n === 0 ? Number.NaN : values.reduce((sum, { value }) => sum + value, 0) / n
  const residuals = new Map<string, number>()
  for (const { cluster, value } of values)
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + value - mean)
  const clusters = residuals.size
  let squares = 0
  for (const residual of residuals.values()) squares += residual * residual
  const standardError = clusters < 2 ? Number.NaN : Math.sqrt((clusters / (clusters - 1)) * squares) / n
  const margin = clusters < 2 ? Number.NaN : criticalT(confidence, clusters - 1) * standardError
  return { mean, standardError, interval: [mean - margin, mean + margin], values: n, clusters }
}
