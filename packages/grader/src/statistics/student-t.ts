/** Natural logarithm of the gamma function for x > 0 (Lanczos, g = 7, n = 9; relative error below 1e-13). */
function logGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ]
  const t = x + 6.5
  let sum = c[0]!
  for (let i = 1; i < c.length; i++) sum += c[i]! / (x - 1 + i)
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum)
}

/** The regularized incomplete beta function I_x(a, b), by Lentz's continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x === 0 || x === 1) return x
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front =
    Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a
  const tiny = 1e-300
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  d = 1 / (Math.abs(d) < tiny ? tiny : d)
  let result = d
  for (let m = 1; m <= 1000; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 + term * d
      d = 1 / (Math.abs(d) < tiny ? tiny : d)
      c = 1 + term / c
      if (Math.abs(c) < tiny) c = tiny
      result *= d * c
    }
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return front * result
}

/** P(|T| >= |t|) for Student's t with so many degrees of freedom. */
export function twoSidedP(t: number, degrees: number): number {
  if (Number.isNaN(t)) return Number.NaN
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
}

/** The t with P(|T| <= t) = confidence, such as 2.0096 for 0.95 and 49 degrees of freedom; by bisection. */
export function criticalT(confidence: number, degrees: number): number {
  let [low, high] = [0, 1]
  while (twoSidedP(high, degrees) > 1 - confidence) high *= 2
  // To the last bit: each halves the interval.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (twoSidedP(middle, degrees) > 1 - confidence) low = middle
    else high = middle
  }
  return (low + high) / 2
}
