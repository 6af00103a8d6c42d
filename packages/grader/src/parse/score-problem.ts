/**
 * Why a criterion has no score.
 * - `missing`: the reply says nothing about it
 * - `unclear`: it is named, and what follows is not a score
 * - `out-of-range`: a number outside the scale
 * - `other-scale`: a fraction of another scale, such as 4/5 where 10 is the highest score
 * - `ambiguous`: several values: `7-8`, `C or D`, one score for two criteria
 * - `conflict`: different scores in different places, or a letter and an age that disagree
 */
export type ScoreProblemReason =
  | 'missing'
  | 'unclear'
  | 'out-of-range'
  | 'other-scale'
  | 'ambiguous'
  | 'conflict'

/** Why a criterion has no score, and where in the reply. */
export interface ScoreProblem {
  reason: ScoreProblemReason
  /** The words of the reply, cut to 80 characters; empty when missing. */
  found: string
}

/** What one place of a reply says. */
export type Reading = (
  | { kind: 'value'; value: number | string }
  | { kind: 'problem'; reason: ScoreProblemReason }
) & {
  start: number
  end: number
  /** The words, where they are not those from start to end. */
  found?: string
}
