import type { Grading } from '../judging/grading.ts'
import type { MeasuresSummary } from '../measures/measure-completions.ts'
import type { EstimateValidity } from '../offline/estimate-offline.ts'
import type { ScoreProblemReason } from '../parse/score-problem.ts'
import type { Criterion } from '../rubric/rubric.ts'
import type { MeanEstimate } from '../statistics/clustered-mean.ts'
import type { PairedComparison } from '../statistics/paired-comparison.ts'

/** What is said about one criterion of one model. Numbers that cannot be had are NaN, and null in JSON. */
export interface CriterionSummary {
  name: string
  label: string
  min: number
  max: number
  estimate: MeanEstimate
  /** Percentile interval of the cluster bootstrap. */
  bootstrap: [number, number]
  /** Mean of the scores weighted by probability, where all gradings have them. */
  weightedMean?: number
  /** (mean - lowest) / (highest - lowest) over the models of the report; NaN for a single model. */
  normalized: number
  /** How many scores are nearest to each whole number from min to max. */
  histogram: number[]
  /** Spearman's correlation of the score with the number of words: far from 0, the judge may reward length. */
  lengthCorrelation: number
  /** Mean score and words in five groups of completions, from the shortest. */
  byLength: { words: number; mean: number; count: number }[]
  /** Share of the gradings that have this score. */
  parseRate: number
  /** Why the others have none. */
  problems: Partial<Record<ScoreProblemReason, number>>
  /** How the judge agrees with itself, where completions were judged several times. */
  selfAgreement?: SelfAgreement
}

/** One judge on the same completions again. */
export interface SelfAgreement {
  /** Completions with at least two scores. */
  completions: number
  /** Share of pairs of scores of the same completion that are equal. */
  same: number
  /** Standard deviation of the scores of one completion, pooled. */
  deviation: number
  /** Krippendorff's alpha, interval. */
  alpha: number
}

/** What is said about one choice criterion of one model. */
export interface ChoiceSummary {
  name: string
  label: string
  options: { value: string; label: string; count: number }[]
  parseRate: number
  problems: Partial<Record<ScoreProblemReason, number>>
}

/** All that a report says of one model. */
export interface ModelSummary {
  name: string
  judge: string
  rubricVersion: string
  prompts: number
  completions: number
  gradings: number
  graded: number
  partial: number
  ungraded: number
  /** Gradings that needed a second question. */
  askedAgain: number
  /** Flag -> gradings. */
  flags: Record<string, number>
  /** Message of the judge's failure -> gradings. */
  failures: Record<string, number>
  cost: number
  costKnown: boolean
  inputTokens: number
  outputTokens: number
  criteria: CriterionSummary[]
  choices: ChoiceSummary[]
  measures?: MeasuresSummary
  items: Grading[]
}

/** Two models on one criterion. */
export interface CriterionComparison extends PairedComparison {
  criterion: string
  label: string
  /** `permutationP`; `tTestP` where there are too few prompts for so many tests. */
  p: number
  /** `p` after Holm's correction for all comparisons of the report. */
  correctedP: number
}

/** Two models of a report on the prompts that both were given; differences are a less b. */
export interface ModelComparison {
  a: string
  b: string
  criteria: CriterionComparison[]
}

/** What {@link buildReport} computes, and the renderers write. */
export interface Report {
  format: 'tinystories-report'
  version: 2
  title: string
  confidence: number
  rubric: { name: string; title: string; criteria: Criterion[] }
  models: ModelSummary[]
  comparisons: ModelComparison[]
  /** What the scores are worth when they are offline estimates, not a judge's. */
  estimates?: EstimateValidity[]
  /** What a reader must know before comparing: other rubrics, other judges. */
  warnings: string[]
}
