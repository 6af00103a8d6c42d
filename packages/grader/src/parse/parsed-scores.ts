import type { ScoreProblem } from './score-problem.ts'

/** What a judge's reply says. */
export interface ParsedScores {
  /** Criterion -> score (number) or choice. Only what is certain. */
  scores: Record<string, number | string>
  /** Criterion -> why it has no score. Every criterion is in `scores` or here. */
  problems: Record<string, ScoreProblem>
  /** Criterion -> where in the reply the score stands, when the reply is not JSON. */
  places: Record<string, { start: number; end: number }>
}
