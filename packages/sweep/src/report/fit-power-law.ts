import { criticalT, twoSidedP } from '@tinystories/grader/statistics'

/** y = factor * x^exponent, with the 95 % interval of the exponent. */
export interface PowerLaw {
  factor: number
  exponent: number
  low: number
  high: number
  /** Standard error of the exponent. */
  error: number
  /** Two-sided, of the exponent being 0; 0 for a perfect fit. */
  p: number
  /** Share of the variance of log y that is explained. */
  rSquared: number
}

/**
 * Least squares of log y on log x.
 *
 * @param fewest points, at least 3
 * @returns undefined for fewer points, or when all x are equal
 */
export function fitPowerLaw(points: readonly { x: number; y: number }[], fewest = 4): PowerLaw | undefined {
  const n = points.length
  if (n < fewest) return undefined
  const xs = points.map(({ x }) => Math.log(x))
  const ys = points.map(({ y }) => Math.log(y))
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / n
  const [meanX, meanY] = [mean(xs), mean(ys)]
  const sxx = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
  const sxy = xs.reduce((sum, x, at) => sum + (x - meanX) * (ys[at]! - meanY), 0)
  const syy = ys.reduce((sum, y) => sum + (y - meanY) ** 2, 0)
  if (sxx === 0) return undefined
  const exponent = sxy / sxx
  const residual = Math.max(0, syy - exponent * sxy)
  const error = Math.sqrt(residual / (n - 2) / sxx)
  const half = criticalT(0.95, n - 2) * error
  return {
    factor: Math.exp(meanY - exponent * meanX),
    exponent,
    low: exponent - half,
    high: exponent + half,
    error,
    p: error === 0 ? (exponent === 0 ? 1 : 0) : twoSidedP(exponent / error, n - 2),
    rSquared: syy === 0 ? 1 : 1 - residual / syy,
  }
}
