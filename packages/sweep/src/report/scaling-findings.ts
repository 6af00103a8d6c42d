import { criticalT, twoSidedP } from '@tinystories/grader/statistics'
import type { ReportRow } from './collect-rows.ts'
import type { Contrast } from './contrast.ts'
import type { FindingTest } from './finding.ts'
import { fitPowerLaw } from './fit-power-law.ts'

/** The loss falls as a power of the training FLOPs. */
export function powerLawTest(rows: readonly ReportRow[]): FindingTest {
  const fit = fitPowerLaw(rows.map(({ training }) => ({ x: training!.flops, y: training!.bitsPerByte })))
  return {
    statement: 'The loss falls as a power of the training FLOPs.',
    test: 'Least squares of log bits per byte on log FLOPs: the exponent by which it falls is above 0, and R² at least 0.9.',
    unit: 'exponent',
    contrast: fit && {
      ...{ value: -fit.exponent, low: -fit.high, high: -fit.low, p: fit.p },
      compared: `${rows.length} models, R² ${fit.rSquared.toFixed(3)}`,
    },
    doubt: fit && fit.rSquared < 0.9 ? 'the fit is not good enough' : undefined,
    wanted: 'Models over at least two orders of magnitude of training FLOPs, each at its best size.',
  }
}

/** Tokens of the whole data set, nearly. */
const wholeDataTokens = 400e6
/** The parameters that the paper finds to suit it, and how far from there models still count as near. */
const suitable = { parameters: 20e6, factor: 4 }
/** Exponents this far apart count as equal. */
const margin = 0.03

/**
 * About 20 M parameters suit the whole data set: there the loss falls as fast with the parameters as with the tokens,
 * which is what makes a split of the compute the best one (Hoffmann et al. 2022, with C = 6 N D).
 */
export function wholeDataTest(rows: readonly ReportRow[]): FindingTest {
  return {
    statement: 'A model of about 20 M parameters suits the whole data set.',
    test: `Near 20 M parameters and 450 M tokens, the exponents by which the loss falls with parameters and with tokens differ by less than ${margin}: two one-sided t tests.`,
    unit: 'exponent',
    contrast: equivalence(rows),
    wanted:
      'At least three models of 5 to 80 M parameters trained on the 450 M tokens of the data set, two of them also on half.',
  }
}

/** `margin` less the difference of the exponents, so that it is above 0 when they are equal. */
function equivalence(rows: readonly ReportRow[]): Contrast | undefined {
  const near = rows.filter(({ training, cell }) => {
    const ratio = training!.parameters / suitable.parameters
    return cell.data === null && !cell.instruct && ratio >= 1 / suitable.factor && ratio <= suitable.factor
  })
  const whole = near.filter(({ training }) => training!.tokens >= wholeDataTokens)
  const bySize = fitPowerLaw(
    whole.map(({ training }) => ({ x: training!.parameters, y: training!.bitsPerByte })),
    3,
  )
  const byTokens = whole.flatMap(({ cell, training }) => {
    const less = near.find(
      other =>
        other.training!.tokens < 0.75 * training!.tokens &&
        other.cell.hidden === cell.hidden &&
        other.cell.layers === cell.layers &&
        other.cell.heads === cell.heads &&
        other.cell.seed === cell.seed &&
        other.cell.recipe === cell.recipe,
    )?.training
    if (less === undefined) return []
    const fall = Math.log(training!.bitsPerByte / less.bitsPerByte)
    return [fall / Math.log(training!.tokens / less.tokens)]
  })
  if (bySize === undefined || byTokens.length < 2) return undefined
  const mean = byTokens.reduce((sum, each) => sum + each, 0) / byTokens.length
  const variance =
    byTokens.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (byTokens.length - 1) / byTokens.length
  const error = Math.sqrt(bySize.error ** 2 + variance)
  const degrees = Math.min(whole.length - 2, byTokens.length - 1)
  const difference = Math.abs(bySize.exponent - mean)
  const value = margin - difference
  const half = criticalT(0.95, degrees) * error
  return {
    ...{ value, low: value - half, high: value + half },
    p: error === 0 ? 0 : twoSidedP(value / error, degrees),
    compared: `exponents ${(-bySize.exponent).toFixed(3)} with parameters (${whole.length} models) and ${(-mean).toFixed(3)} with tokens (${byTokens.length} models)`,
  }
}
