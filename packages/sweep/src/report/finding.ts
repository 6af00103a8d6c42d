import type { Contrast } from './contrast.ts'

/** What the numbers say about a statement. */
export type Verdict = 'supported' | 'contradicted' | 'undecided'

/** A finding of the paper (section 3.1), the test that decides it, and what came out. */
export interface Finding {
  statement: string
  test: string
  /** In words and numbers; empty when it was not tested. */
  evidence: string
  /** The estimated effect; null when it was not tested. */
  effect: { value: number; low: number; high: number; correctedP: number } | null
  verdict: Verdict
  /** What would decide it, when it is undecided. */
  wanted: string
}

/** A finding that is supported when an effect is above 0, and contradicted when it is below. */
export interface FindingTest {
  statement: string
  test: string
  /** undefined: what it needs is not there. */
  contrast: Contrast | undefined
  /** Of the effect in texts: shares are shown in points of a hundred. Default `points`. */
  unit?: 'points' | 'exponent'
  /** Why an effect above 0 does not support the statement yet, such as a bad fit; undefined: it does. */
  doubt?: string | undefined
  wanted: string
}
