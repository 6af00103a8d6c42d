/**
 * Why a criterion has no score.
 * - `missing`: the reply says nothing about it
 * - `unclear`: it is named, and what follows is not a score, or is taken back or only supposed
 * - `out-of-range`: a number outside the scale
 * - `other-scale`: a score on another scale, such as 4/5 where 10 is the highest score
 * - `ambiguous`: several values: `7-8`, `C or D`, one score for two criteria
 * - `conflict`: different scores in different places, or a letter and an age that disagree
 * - `quoted`: the score stands in a quotation, in an example, or in the completion itself
 * - `cut`: the reply ended before it, or inside it
 * - `filtered`: the server withheld the reply, as its moderation wants
 * - `not-estimated`: the offline estimate of it is no better than length alone, or there is none
 */
export type ScoreProblemReason =
  | 'missing'
  | 'unclear'
  | 'out-of-range'
  | 'other-scale'
  | 'ambiguous'
  | 'conflict'
  | 'quoted'
  | 'cut'
  | 'filtered'
  | 'not-estimated'

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
  /** True for a number without a denominator, which may be on any scale and may go on where a reply is cut. */
  isBare?: boolean
  /** The words, where they are not those from start to end. */
  found?: string
}

/** A problem in place of a reading. */
export function problemAt(reason: ScoreProblemReason, { start, end, found }: Omit<Reading, 'kind'>): Reading {
  return { kind: 'problem', reason, start, end, ...(found === undefined ? {} : { found }) }
}
