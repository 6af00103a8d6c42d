import { holm } from '@tinystories/grader/statistics'
import { mainRows, type ReportRow } from './collect-rows.ts'
import type { Finding, FindingTest } from './finding.ts'
import { creativityTest, instructionTests, plotTest } from './grade-findings.ts'
import { depthTest, emergenceTest, orderTest, plateauTest, widthTest } from './probe-findings.ts'
import { powerLawTest, wholeDataTest } from './scaling-findings.ts'

/** The level at which an effect counts, after Holm's correction over all findings that were tested. */
const level = 0.05

/**
 * The paper's findings, each with a verdict that follows from the rows: supported or contradicted when the effect has
 * the right or the wrong sign and its corrected p-value is below 0.05, undecided otherwise.
 */
export function decideFindings(rows: readonly ReportRow[]): Finding[] {
  const done = rows.filter(({ training }) => training !== undefined)
  const main = mainRows(done.filter(({ probes }) => probes !== undefined))
  const tests: FindingTest[] = [
    orderTest(main),
    depthTest(main),
    plateauTest(main),
    emergenceTest(main),
    creativityTest(done),
    ...instructionTests(done),
    widthTest(main),
    plotTest(done),
    powerLawTest(mainRows(done)),
    wholeDataTest(done),
  ]
  const tested = tests.filter(({ contrast }) => contrast !== undefined)
  const corrected = holm(tested.map(({ contrast }) => contrast!.p))
  return tests.map(test => decide(test, corrected[tested.indexOf(test)]))
}

function decide(
  { statement, test, contrast, unit = 'points', doubt, wanted }: FindingTest,
  correctedP: number | undefined,
): Finding {
  if (contrast === undefined || correctedP === undefined)
    return { statement, test, evidence: '', effect: null, verdict: 'undecided', wanted }
  const { value, low, high, compared } = contrast
  const isSignificant = correctedP < level
  const verdict =
    !isSignificant || (value > 0 && doubt !== undefined)
      ? 'undecided'
      : value > 0
        ? 'supported'
        : 'contradicted'
  const show = (each: number): string => (unit === 'points' ? (100 * each).toFixed(1) : each.toFixed(3))
  const p = correctedP < 1e-4 ? '< 0.0001' : `= ${correctedP.toFixed(4)}`
  const effect = `${show(value)}${unit === 'points' ? ' points' : ''} (95 % interval ${show(low)} to ${show(high)})`
  const evidence = [`${effect}, corrected p ${p}; ${compared}`, ...(doubt === undefined ? [] : [doubt])]
  return {
    ...{ statement, test, evidence: evidence.join('; '), effect: { value, low, high, correctedP }, verdict },
    wanted: verdict === 'undecided' ? wanted : '',
  }
}
