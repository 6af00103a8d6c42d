import { twoSidedP } from '@tinystories/grader/statistics'
import type { ProbeKind } from '@tinystories/interpret/probes'
import type { ReportRow } from './collect-rows.ts'

/** Degrees of freedom at which Student's t is the normal distribution to seven digits. */
const normalDegrees = 1e8
/** Half the width of a normal 95 % interval in standard errors. */
const z95 = 1.959963984540054

/** An estimated difference with its 95 % interval and two-sided p-value. */
export interface Contrast {
  value: number
  low: number
  high: number
  p: number
  /** What was compared, in words. */
  compared: string
}

/** A share of a contrast: of the probe items of one kind that the models of one shape pass. */
export interface ContrastTerm {
  weight: number
  kind: ProbeKind
  hidden: number
  layers: number
  /** Takes the share as the part of the way from chance to all. Default: the share as it is. */
  aboveChance?: boolean
}

/**
 * A weighted sum of shares of probe items, such as one less another. All seeds of a model count together; items are
 * taken as independent, which is conservative here, because the same items in two models are paired. The variance of a
 * share is that of Agresti and Caffo (2000), which adds one success and one failure and is never 0.
 *
 * @returns undefined when a model is missing
 */
export function contrastShares(
  rows: readonly ReportRow[],
  terms: readonly ContrastTerm[],
): Contrast | undefined {
  let value = 0
  let variance = 0
  const parts: string[] = []
  for (const { weight, kind, hidden, layers, aboveChance = false } of terms) {
    const results = rows
      .filter(({ cell }) => cell.hidden === hidden && cell.layers === layers)
      .flatMap(({ probes }) => (probes ? [probes[kind]] : []))
    const items = results.reduce((sum, each) => sum + each.items, 0)
    if (items === 0) return undefined
    const passed = results.reduce((sum, each) => sum + each.passed, 0)
    const chance = results.reduce((sum, each) => sum + each.chance * each.items, 0) / items
    const scale = aboveChance ? weight / (1 - chance) : weight
    value += scale * (passed / items - (aboveChance ? chance : 0))
    variance += scale ** 2 * shareVariance(passed, items)
    parts.push(`${kind} at ${hidden} x ${layers}: ${passed} of ${items}`)
  }
  return withNormalInterval(value, Math.sqrt(variance), parts.join(', '))
}

/** The variance of a share by Agresti and Caffo. */
export function shareVariance(passed: number, items: number): number {
  const adjusted = (passed + 1) / (items + 2)
  return (adjusted * (1 - adjusted)) / (items + 2)
}

/** A contrast of which the standard error is known. */
export function withNormalInterval(value: number, error: number, compared: string): Contrast {
  return {
    ...{ value, low: value - z95 * error, high: value + z95 * error, compared },
    p: twoSidedP(value / error, normalDegrees),
  }
}
