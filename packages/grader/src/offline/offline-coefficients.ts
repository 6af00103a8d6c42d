import type { Measured } from '../statistics/bootstrap-statistic.ts'
import type { Features } from './features.ts'

/** How well the offline estimate of a criterion agrees with a person, on completions that it was not fitted on. */
export interface OfflineValidity {
  /** Completions that a person scored. */
  items: number
  /** Rank correlation with the person, cross-validated by prompt. Intervals are of 95 %, clustered by prompt. */
  spearman: Measured
  /** Cohen's kappa with quadratic weights on five levels, cross-validated by prompt. */
  kappa: Measured
  /** Rank correlation within a model that it was not fitted on, on average. */
  acrossModels: Measured
  /** The same two for the length of the completion alone. */
  lengthAlone: number
  lengthAloneAcrossModels: number
}

/** What the offline estimate knows of a criterion. */
export interface OfflineCoefficients {
  features: (keyof Features)[]
  means: number[]
  deviations: number[]
  weights: number[]
  thresholds: number[]
  /** Shares of the scale that the levels stand for. */
  levels: number[]
  validity: OfflineValidity
}
