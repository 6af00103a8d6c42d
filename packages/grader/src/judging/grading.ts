import type { Completion } from '../completions/completion.ts'
import type { ScoreProblem } from '../parse/score-problem.ts'
import type { Rubric } from '../rubric/rubric.ts'

/** Something about a grading that a reader should know. */
export interface GradingFlag {
  /**
   * - `addresses-judge`: the completion talks to the judge; its scores deserve a look
   * - `empty`: the model wrote nothing
   * - `reply-cut`: the judge's reply reached its limit of tokens
   */
  kind: 'addresses-judge' | 'empty' | 'reply-cut'
  /** The words that raised it. */
  detail?: string
}

/** What a judge said about one completion. */
export interface Judgment {
  /** Criterion -> score or choice. */
  scores: Record<string, number | string>
  /** Criterion -> why it has no score, after asking twice. */
  problems: Record<string, ScoreProblem>
  /** Criterion -> score weighted by the probabilities of its alternatives, where asked for and known. */
  weighted?: Record<string, number>
  assessment: string
  /** The reply that the scores were read from; after a retry both, the first first. */
  replies: string[]
  flags: GradingFlag[]
  /** As the server names the judge. */
  model: string
  usage: { inputTokens: number; outputTokens: number }
  /** US dollars of all exchanges, paid now or before; undefined when a price is not known. */
  cost: number | undefined
}

/** One completion with its scores. */
export interface Grading {
  completion: Completion
  /** Which of several judgings of the same completion, from 0. */
  regrade: number
  /**
   * `graded`: every criterion has its score. `partial`: some have. `ungraded`: none has, or the judge failed; then
   * `failure` says how.
   */
  status: 'graded' | 'partial' | 'ungraded'
  judgment?: Judgment
  failure?: string
}

/** All gradings of one model's completions. */
export interface GradingRun {
  name: string
  judge: string
  rubric: Rubric
  /** See `rubricVersion`. */
  rubricVersion: string
  /** In the order of the completions. */
  gradings: Grading[]
}
