import { criticalT } from '@tinystories/grader/statistics'

/** y = factor * x^exponent, with the 95 % interval of the exponent. */
export interface PowerLaw {
  factor: number
  exponent: number
  low: number
  high: number
  /** Share of the variance of log y that is explained. */
  rSquared: number
}

/**
 * Least squares of log y on log x.
 *
 * @returns undefined for fewer than four points, or when all x are equal
 */
export function fitPowerLaw(points: readonly { x: number; y: number }[]): PowerLaw | undefined {
  const n = points.length
  if (n < 4) return undefined
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
  const half = criticalT(0.95, n - 2) * Math.sqrt(residual / (n - 2) / sxx)
  return {
    factor: Math.exp(meanY - exponent * meanX),
    exponent,
    low: exponent - half,
    high: exponent + half,
    rSquared: syy === 0 ? 1 : 1 - residual / syy,
  }
}
