import { criticalT } from './student-t.ts'

/** An estimate whose error has Student's t distribution. */
export interface Estimate {
  estimate: number
  standardError: number
  degrees: number
  confidence: number
}

/**
 * The confidence interval of a mean. Without bounds estimate -+ t standardError. Within bounds the same on the scale of
 * the logit of the mean's place between them, by the delta method (Korn and Graubard 1999, section 2.6, as `svyciprop`
 * in R's survey): it never leaves the bounds, and is nearly the same where the mean is far from them.
 */
export function intervalWithin(
  { estimate, standardError, degrees, confidence }: Estimate,
  bounds?: readonly [number, number],
): [number, number] {
  if (Number.isNaN(estimate) || degrees < 1) return [Number.NaN, Number.NaN]
  const t = criticalT(confidence, degrees)
  if (!bounds) return [estimate - t * standardError, estimate + t * standardError]
  const [low, high] = bounds
  const place = (estimate - low) / (high - low)
  // At a bound all values are equal.
  if (place <= 0 || place >= 1 || standardError === 0) return [estimate, estimate]
  const center = Math.log(place / (1 - place))
  const margin = (t * standardError) / (high - low) / (place * (1 - place))
  const back = (logit: number): number => low + (high - low) / (1 + Math.exp(-logit))
  return [back(center - margin), back(center + margin)]
}
