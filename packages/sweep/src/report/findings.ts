import { holm } from '@tinystories/grader/statistics'
import type { ReportRow } from './collect-rows.ts'
import { compareShares, type ShareDifference } from './compare-shares.ts'
import { fitPowerLaw } from './fit-power-law.ts'

/** What the numbers say about a statement. */
export type Verdict = 'supported' | 'contradicted' | 'undecided'

/** A finding of the paper (section 3.1), the test that decides it, and what came out. */
export interface Finding {
  statement: string
  test: string
  /** In words and numbers; empty when it was not tested. */
  evidence: string
  verdict: Verdict
  /** What would decide it, when it is undecided. */
  wanted: string
}

/** The level at which a difference counts, after Holm's correction over all findings that were tested. */
const level = 0.05

/** A finding that is decided by whether a share grows. */
interface Test {
  statement: string
  test: string
  /** undefined: the cells that it needs are not there. */
  difference: ShareDifference | undefined
  wanted: string
}

/**
 * The paper's findings, each with a verdict that follows from the rows: supported or contradicted when the difference
 * has the right or the wrong sign and its corrected p-value is below 0.05, undecided otherwise.
 */
export function decideFindings(rows: readonly ReportRow[]): Finding[] {
  const done = rows.filter(row => row.probes !== undefined && row.training !== undefined)
  const tests = [depthTest(done), widthTest(done), emergenceTest(done), plateauTest(done)]
  const tested = tests.filter(({ difference }) => difference !== undefined)
  const corrected = holm(tested.map(({ difference }) => difference!.p))
  return [
    ...tests.map((each): Finding => {
      const { statement, test, difference, wanted } = each
      if (difference === undefined) return { statement, test, evidence: '', verdict: 'undecided', wanted }
      const p = corrected[tested.indexOf(each)]!
      const { low, high, value } = difference
      const significant = p < level
      return {
        statement,
        test,
        evidence: `${percent(value)} points (95 % interval ${percent(low)} to ${percent(high)}), corrected p ${p < 1e-4 ? '< 0.0001' : `= ${p.toFixed(4)}`}; ${difference.compared}`,
        verdict: !significant ? 'undecided' : value > 0 ? 'supported' : 'contradicted',
        wanted: significant ? '' : wanted,
      }
    }),
    powerLawFinding(done),
    {
      statement:
        'The largest model is near perfect in grammar and consistency, and below GPT-4 in creativity.',
      test: 'Scores of a judge for the largest model and for GPT-4.',
      evidence: '',
      verdict: 'undecided',
      wanted: 'Completions graded by a judge, of the models and of GPT-4.',
    },
    {
      statement: 'One layer fails at instructions; two partly follow them.',
      test: 'Share of requested words used by instruct models of 1, 2 and 4 layers.',
      evidence: '',
      verdict: 'undecided',
      wanted: 'Instruct models of 1, 2 and 4 layers.',
    },
  ]
}

function depthTest(rows: readonly ReportRow[]): Test {
  const width = largest(
    [...new Set(rows.map(({ cell }) => cell.hidden))].filter(
      hidden => depthsOf(rows, hidden).length > 1 && depthsOf(rows, hidden)[0] === 1,
    ),
  )
  const depths = width === undefined ? [] : depthsOf(rows, width)
  return {
    statement:
      'Depth brings consistency: a deep model tracks context better than one layer of the same width.',
    test: 'Share of context probes passed, deepest model less one layer, at the largest width that has both.',
    difference:
      width === undefined
        ? undefined
        : compareShares(rows, 'context', [
            { weight: 1, hidden: width, layers: depths.at(-1)! },
            { weight: -1, hidden: width, layers: 1 },
          ]),
    wanted: 'Models of one and of more layers at the same width, trained on more tokens or with more seeds.',
  }
}

function widthTest(rows: readonly ReportRow[]): Test {
  const wide = widthsAtCommonDepth(rows)
  return {
    statement: 'Width brings facts: a wide model knows more than a narrow one of the same depth.',
    test: 'Share of facts passed, widest model less narrowest, at the largest depth that has both.',
    difference:
      wide &&
      compareShares(rows, 'facts', [
        { weight: 1, hidden: wide.widths.at(-1)!, layers: wide.layers },
        { weight: -1, hidden: wide.widths[0]!, layers: wide.layers },
      ]),
    wanted: 'Models of two widths at the same depth, trained on more tokens or with more seeds.',
  }
}

function emergenceTest(rows: readonly ReportRow[]): Test {
  const depths = rows
    .filter(({ cell }) => cell.hidden === 64)
    .map(({ cell }) => cell.layers)
    .filter(layers => rows.some(({ cell }) => cell.hidden === 128 && cell.layers === layers))
  const layers = largest(depths)
  return {
    statement: 'Consistency emerges between hidden sizes of 64 and 128.',
    test: 'Share of context probes passed, hidden 128 less hidden 64, at the largest depth that has both.',
    difference:
      layers === undefined
        ? undefined
        : compareShares(rows, 'context', [
            { weight: 1, hidden: 128, layers },
            { weight: -1, hidden: 64, layers },
          ]),
    wanted: 'Models of hidden size 64 and 128 at the same depth, trained on more tokens or with more seeds.',
  }
}

/** With three widths: grammar gains more in the first half than in the second. */
function plateauTest(rows: readonly ReportRow[]): Test {
  const wide = widthsAtCommonDepth(rows)
  const usable = wide !== undefined && wide.widths.length >= 3
  const [narrow, middle, broad] = usable
    ? [wide.widths[0]!, wide.widths[wide.widths.length >> 1]!, wide.widths.at(-1)!]
    : []
  return {
    statement: 'Grammar plateaus first: it gains more from the first widening than from the second.',
    test: 'Share of grammar probes passed: the gain from the narrowest to the middle width less that from the middle to the widest.',
    difference: usable
      ? compareShares(rows, 'grammar', [
          { weight: 2, hidden: middle!, layers: wide.layers },
          { weight: -1, hidden: narrow!, layers: wide.layers },
          { weight: -1, hidden: broad!, layers: wide.layers },
        ])
      : undefined,
    wanted: 'Models of three widths at the same depth, trained until the loss hardly falls.',
  }
}

function powerLawFinding(rows: readonly ReportRow[]): Finding {
  const statement = 'The loss falls as a power of the training FLOPs.'
  const test =
    'Least squares of log bits per byte on log FLOPs: slope below 0 with its 95 % interval, R² at least 0.9.'
  const wanted = 'Models over at least two orders of magnitude of training FLOPs, each at its best size.'
  const fit = fitPowerLaw(rows.map(({ training }) => ({ x: training!.flops, y: training!.bitsPerByte })))
  if (fit === undefined) return { statement, test, evidence: '', verdict: 'undecided', wanted }
  const { exponent, low, high, rSquared } = fit
  const evidence = `exponent ${exponent.toFixed(3)} (95 % interval ${low.toFixed(3)} to ${high.toFixed(3)}), R² ${rSquared.toFixed(3)}`
  const verdict = high < 0 && rSquared >= 0.9 ? 'supported' : low > 0 ? 'contradicted' : 'undecided'
  return { statement, test, evidence, verdict, wanted: verdict === 'undecided' ? wanted : '' }
}

const depthsOf = (rows: readonly ReportRow[], hidden: number): number[] =>
  [...new Set(rows.filter(({ cell }) => cell.hidden === hidden).map(({ cell }) => cell.layers))].sort(
    (a, b) => a - b,
  )

/** The largest depth that has at least two widths. */
function widthsAtCommonDepth(rows: readonly ReportRow[]): { layers: number; widths: number[] } | undefined {
  const widthsOf = (layers: number): number[] =>
    [...new Set(rows.filter(({ cell }) => cell.layers === layers).map(({ cell }) => cell.hidden))].sort(
      (a, b) => a - b,
    )
  const depths = [...new Set(rows.map(({ cell }) => cell.layers))]
  const most = largest(depths.map(layers => widthsOf(layers).length))
  if (most === undefined || most < 2) return undefined
  const layers = largest(depths.filter(each => widthsOf(each).length === most))!
  return { layers, widths: widthsOf(layers) }
}

const largest = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : Math.max(...values)

const percent = (share: number): string => (100 * share).toFixed(1)
