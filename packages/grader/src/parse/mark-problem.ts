/**
 * Why a criterion has no mark.
 * - `missing`: the reply says nothing about it
 * - `unclear`: it is named, and what follows is not a mark
 * - `out-of-range`: a number outside the scale
 * - `other-scale`: a fraction of another scale, such as 4/5 where 10 is the highest mark
 * - `ambiguous`: several values at once: `7-8`, `C or D`, one mark for two criteria
 * - `conflict`: different marks in different places, or a letter and an age that disagree
 */
export type MarkProblemReason =
  | 'missing'
  | 'unclear'
  | 'out-of-range'
  | 'other-scale'
  | 'ambiguous'
  | 'conflict'

/** Why a criterion has no mark, and where in the reply. */
export interface MarkProblem {
  reason: MarkProblemReason
  /** The words of the reply, cut to 80 characters; empty when missing. */
  found: string
}

/** What one place of a reply says. */
export type Reading = (
  | { kind: 'value'; value: number | string }
  | { kind: 'problem'; reason: MarkProblemReason }
) & {
  start: number
  end: number
  /** The words, where they are not those from start to end. */
  found?: string
}
