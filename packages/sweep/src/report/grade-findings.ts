import { type PairedComparison, pairedComparison } from '@tinystories/grader/statistics'
import { mainRows, type ReportRow, type RowGrades, scoresOf } from './collect-rows.ts'
import { type Contrast, shareVariance, withNormalInterval } from './contrast.ts'
import type { FindingTest } from './finding.ts'
import { widthsAtCommonDepth } from './probe-findings.ts'

/** The largest model's creativity lags behind its grammar. */
export function creativityTest(rows: readonly ReportRow[]): FindingTest {
  const [first, ...others] = mainRows(rows).filter(({ grades }) => grades !== undefined)
  const largest = others.reduce(
    (best, row) => (best === undefined || row.training!.parameters > best.training!.parameters ? row : best),
    first,
  )
  const grades = largest?.grades
  const grammar = grades && sharesOf(grades, 'grammar')
  const creativity = grades && sharesOf(grades, 'creativity')
  return {
    statement: "The largest model's creativity lags behind its grammar.",
    test: 'Score of grammar less score of creativity of the largest model, both as shares of their scale, paired by prompt, by exchanging them within prompts.',
    contrast:
      grammar && creativity
        ? paired(
            pairedComparison(grammar, creativity),
            `${largest!.cell.name}, graded by ${nameOf(grades.judge)}`,
          )
        : undefined,
    wanted: 'Grades of grammar and creativity, best by a judge that also grades stories of a large model.',
  }
}

/** Width brings coherent plots. */
export function plotTest(rows: readonly ReportRow[]): FindingTest {
  const graded = mainRows(rows).filter(({ grades }) => grades && sharesOf(grades, 'plot'))
  const wide = widthsAtCommonDepth(graded)
  const of = (hidden: number) =>
    graded
      .filter(({ cell }) => cell.hidden === hidden && cell.layers === wide!.layers)
      .flatMap(({ grades }) => sharesOf(grades!, 'plot')!)
  return {
    statement: 'Width brings coherent plots.',
    test: 'Score of the plot as a share of its scale, widest model less narrowest, at the largest depth that has both, paired by prompt.',
    contrast:
      wide &&
      paired(
        pairedComparison(of(wide.widths.at(-1)!), of(wide.widths[0]!)),
        `hidden ${wide.widths.at(-1)} and ${wide.widths[0]}, graded by ${nameOf(graded[0]!.grades!.judge)}`,
      ),
    wanted: 'Plots graded by a judge, of models of two widths at the same depth.',
  }
}

/** One layer fails at instructions, two partly follow them; depth goes on helping. */
export function instructionTests(rows: readonly ReportRow[]): FindingTest[] {
  const wanted = 'Instruct models of 1, 2 and 4 layers at the same width, with enough instructions to test.'
  const test = (more: number, less: number): string =>
    `Share of the words asked for that are used, ${more} layers less ${less === 1 ? 'one' : less}, at the largest width that has both.`
  return [
    {
      statement: 'One layer fails at instructions; two partly follow them.',
      ...{ test: test(2, 1), contrast: contrastInstructions(rows, 2, 1), wanted },
    },
    {
      statement: 'Following instructions depends on layers.',
      ...{ test: test(4, 1), contrast: contrastInstructions(rows, 4, 1), wanted },
    },
  ]
}

function contrastInstructions(rows: readonly ReportRow[], more: number, less: number): Contrast | undefined {
  const of = (hidden: number, layers: number): { used: number; asked: number } => {
    const sum = { used: 0, asked: 0 }
    for (const { cell, instruction } of rows) {
      if (cell.hidden !== hidden || cell.layers !== layers || instruction === undefined) continue
      sum.used += instruction.used
      sum.asked += instruction.asked
    }
    return sum
  }
  const widths = [...new Set(rows.map(({ cell }) => cell.hidden))].filter(
    hidden => of(hidden, more).asked > 0 && of(hidden, less).asked > 0,
  )
  if (widths.length === 0) return undefined
  const hidden = Math.max(...widths)
  const [a, b] = [of(hidden, more), of(hidden, less)]
  const error = Math.sqrt(shareVariance(a.used, a.asked) + shareVariance(b.used, b.asked))
  const compared = `${a.used} of ${a.asked} words at ${hidden} x ${more}, ${b.used} of ${b.asked} at ${hidden} x ${less}`
  return withNormalInterval(a.used / a.asked - b.used / b.asked, error, compared)
}

/** Scores of a criterion as shares of its scale; undefined when it was not graded. */
function sharesOf(grades: RowGrades, name: string): { cluster: string; value: number }[] | undefined {
  const criterion = grades.criteria.find(each => each.name === name)
  if (criterion === undefined) return undefined
  const { min, max } = criterion
  return scoresOf(grades.gradings, name).map(({ cluster, value }) => ({
    cluster,
    value: (value - min) / (max - min),
  }))
}

const nameOf = (judge: string): string => (judge === 'offline' ? 'the offline estimate' : judge)

function paired(
  { difference, interval: [low, high], permutationP, pairs }: PairedComparison,
  compared: string,
): Contrast | undefined {
  if (Number.isNaN(permutationP)) return undefined
  return { value: difference, low, high, p: permutationP, compared: `${compared}, ${pairs} prompts` }
}
