import type { Completion } from '../completions/completion.ts'
import { hashJson } from '../hash.ts'
import type { Grading, Judgment } from '../judging/grading.ts'
import type { Rubric } from '../rubric/rubric.ts'
import { coefficients } from './coefficients.ts'
import { featuresOf } from './features.ts'
import type { OfflineCoefficients, OfflineValidity } from './offline-coefficients.ts'
import { levelProbabilities } from './ordinal-regression.ts'

/** The judge's name in runs of the offline estimate. */
export const offlineJudge = 'offline'

/** Whether a run holds estimates, not judgments. */
export function isEstimate({ judge }: { judge: string }): boolean {
  return judge === offlineJudge
}

/** What is known of the estimate of each criterion of a rubric; undefined where there is none. */
export interface EstimateValidity {
  criterion: string
  label: string
  /** False when the estimate is no better than the completion's length alone: then it is not given. */
  isUsable: boolean
  validity?: OfflineValidity
}

/** How far the offline estimate of each criterion can be trusted. */
export function offlineValidity({ criteria }: Pick<Rubric, 'criteria'>): EstimateValidity[] {
  return criteria.map(({ name, label, kind }) => {
    const known = kind === 'score' ? coefficients[name] : undefined
    return {
      criterion: name,
      label,
      isUsable: known !== undefined && isUsable(known.validity),
      validity: known?.validity,
    }
  })
}

/**
 * Better than length alone: surely so over all completions, where the lower end of the interval is above what length
 * reaches, and also within a model that it was not fitted on, since that is what it is used for.
 */
function isUsable(validity: OfflineValidity): boolean {
  const { spearman, acrossModels, lengthAlone, lengthAloneAcrossModels } = validity
  return (
    spearman.interval[0] > Math.max(0, lengthAlone) &&
    acrossModels.value > Math.max(0, lengthAloneAcrossModels)
  )
}

/** The version that stands in for the rubric's, so that estimates of other coefficients are never mixed. */
export function offlineVersion(): string {
  return `offline@${hashJson(coefficients, 12)}`
}

/** A completion with estimated scores: the mean of the levels by their probabilities, on the rubric's scale. */
export function estimateOffline(completion: Completion, { criteria }: Pick<Rubric, 'criteria'>): Grading {
  const features = featuresOf(completion.prompt, completion.text)
  const scores: Judgment['scores'] = {}
  const problems: Judgment['problems'] = {}
  for (const criterion of criteria) {
    const known = criterion.kind === 'score' ? coefficients[criterion.name] : undefined
    if (criterion.kind !== 'score' || !known || !isUsable(known.validity) || completion.text.trim() === '')
      problems[criterion.name] = { reason: 'not-estimated', found: '' }
    else {
      const share = expectedShare(
        known,
        known.features.map(name => features[name]),
      )
      scores[criterion.name] =
        Math.round((criterion.min + share * (criterion.max - criterion.min)) * 100) / 100
    }
  }
  return {
    completion,
    regrade: 0,
    status: Object.keys(scores).length === 0 ? 'ungraded' : 'partial',
    judgment: {
      scores,
      problems,
      assessment: '',
      replies: [],
      flags: completion.text.trim() === '' ? [{ kind: 'empty' }] : [],
      model: offlineJudge,
      usage: { inputTokens: 0, outputTokens: 0 },
      cost: 0,
    },
  }
}

function expectedShare(
  { means, deviations, levels, ...model }: OfflineCoefficients,
  raw: readonly number[],
): number {
  const x = raw.map((value, i) => (value - means[i]!) / deviations[i]!)
  return levelProbabilities(model, x).reduce((sum, p, k) => sum + p * levels[k]!, 0)
}
