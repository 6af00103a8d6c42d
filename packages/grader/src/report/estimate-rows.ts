import type { EstimateValidity } from '../offline/estimate-offline.ts'
import type { Measured } from '../statistics/bootstrap-statistic.ts'
import { formatInterval, formatNumber } from './format-number.ts'

/** What stands above a report of estimates. */
export const estimateNote =
  'These are estimates, not judgments: counted from the text (repetition, novelty, quotations, names, length), fitted to 450 scores of a person (TinyScaleLab). How far each agrees with that person, on completions that it was not fitted on:'

/** Heads of the columns of {@link estimateRows}. */
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
  const measured = ({ value, interval }: Measured): string =>
    `${formatNumber(value)} ${formatInterval(interval)}`
  return estimates.map(({ label, isUsable, validity }) =>
    validity
      ? [
          isUsable ? label : `${label}: not given, no better than length`,
          measured(validity.spearman),
          measured(validity.kappa),
          measured(validity.acrossModels),
          `${formatNumber(validity.lengthAlone)}, ${formatNumber(validity.lengthAloneAcrossModels)}`,
          String(validity.items),
        ]
      : [`${label}: not given`, '–', '–', '–', '–', '–'],
  )
}
