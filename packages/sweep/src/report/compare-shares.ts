import { twoSidedP } from '@tinystories/grader/statistics'
import type { ProbeKind } from '@tinystories/interpret/probes'
import type { ReportRow } from './collect-rows.ts'

/** Degrees of freedom at which Student's t is the normal distribution to seven digits. */
const normalDegrees = 1e8

/** A weighted sum of shares, such as one less another, with its 95 % interval and two-sided p-value. */
export interface ShareDifference {
  value: number
  low: number
  high: number
  p: number
  /** What was compared, in words. */
  compared: string
}

/**
 * A contrast of shares of probe items. All seeds of a model count together; items are taken as independent, which is
 * conservative here, because the same items in two models are paired. The variance of a share is that of Agresti and
 * Caffo (2000), which adds one success and one failure and is never 0.
 *
 * @returns undefined when a model is missing
 */
export function compareShares(
  rows: readonly ReportRow[],
  kind: ProbeKind,
  terms: readonly { weight: number; hidden: number; layers: number }[],
): ShareDifference | undefined {
  let value = 0
  let variance = 0
  const parts: string[] = []
  for (const { weight, hidden, layers } of terms) {
    const results = rows
      .filter(({ cell }) => cell.hidden === hidden && cell.layers === layers)
      .flatMap(({ probes }) => (probes ? [probes[kind]] : []))
    const items = results.reduce((sum, each) => sum + each.items, 0)
    if (items === 0) return undefined
    const passed = results.reduce((sum, each) => sum + each.passed, 0)
    value += weight * (passed / items)
    const adjusted = (passed + 1) / (items + 2)
    variance += (weight ** 2 * adjusted * (1 - adjusted)) / (items + 2)
    parts.push(`${hidden} x ${layers}: ${passed} of ${items}`)
  }
  const error = Math.sqrt(variance)
  return {
    value,
    low: value - 1.959963984540054 * error,
    high: value + 1.959963984540054 * error,
    p: twoSidedP(value / error, normalDegrees),
    compared: parts.join(', '),
  }
}
