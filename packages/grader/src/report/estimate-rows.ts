import type { EstimateValidity } from '../offline/estimate-offline.ts'
import { formatInterval, formatNumber } from './format-number.ts'

/** What stands above a report of estimates. */
export const estimateNote =
  'These are estimates, not judgments: counted from the text (repetition, novelty, quotations, names, length), fitted to 450 scores of a person (TinyScaleLab). How far each agrees with that person, on completions that it was not fitted on:'

export const estimateHead: readonly string[] = [
  'criterion',
  'Spearman, cross-validated by prompt',
  'kappa',
  'within a model that it was not fitted on',
  'length alone',
  'completions',
]

/** One row a criterion. */
export function estimateRows(estimates: readonly EstimateValidity[]): string[][] {
  return estimates.map(({ label, isUsable, validity }) =>
    validity
      ? [
          isUsable ? label : `${label}: not given, no better than length`,
          `${formatNumber(validity.spearman)} ${formatInterval(validity.interval)}`,
          formatNumber(validity.kappa),
          formatNumber(validity.acrossModels),
          `${formatNumber(validity.lengthAlone)}, ${formatNumber(validity.lengthAloneAcrossModels)}`,
          String(validity.items),
        ]
      : [`${label}: not given`, '–', '–', '–', '–', '–'],
  )
}
