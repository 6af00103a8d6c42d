import { GraderError } from '../errors.ts'
import type { GradingRun } from '../judging/grading.ts'
import type { MeasuresSummary } from '../measures/measure-completions.ts'
import { isEstimate, offlineValidity } from '../offline/estimate-offline.ts'
import { holm } from '../statistics/holm.ts'
import { normalizeScores } from '../statistics/normalize-scores.ts'
import { type PairedComparison, pairedComparison } from '../statistics/paired-comparison.ts'
import type { ModelComparison, Report } from './report.ts'
import { summarizeModel, valuesOf } from './summarize-model.ts'

/** Options of {@link buildReport}. */
export interface BuildReportOptions {
  /** Default: from the models' names. */
  title?: string
  /** Of the bootstrap. Default 0. */
  seed?: number
  /** Of the intervals. Default 0.95. */
  confidence?: number
  /** Measures that need no judge: by the model's name, or one for each run in their order, for runs of the same name. */
  measures?: Record<string, MeasuresSummary> | MeasuresInOrder
}

/**
 * All figures of one or several models: each with its uncertainty, each pair compared on the prompts they share,
 * p-values corrected for all these comparisons. The same gradings give the same report.
 *
 * @throws GraderError `mixed-estimates` when some runs are offline estimates and some are not
 */
export function buildReport(runs: readonly GradingRun[], options: BuildReportOptions = {}): Report {
  const { seed = 0, confidence = 0.95, measures = {} } = options
  const first = runs[0]
  const estimated = runs.filter(isEstimate)
  if (estimated.length > 0 && estimated.length < runs.length)
    throw new GraderError('mixed-estimates', { names: estimated.map(({ name }) => name) })
  const names = uniqueNames(runs)
  const models = runs.map((run, i) => {
    const own = isList(measures) ? measures[i] : measures[run.name]
    return {
      ...summarizeModel(run, { seed, confidence, ...(own ? { measures: own } : {}) }),
      name: names[i]!,
    }
  })
  const criteria = first?.rubric.criteria ?? []
  for (const { name } of criteria) {
    const found = models.map(model => model.criteria.find(each => each.name === name))
    const normalized = normalizeScores(found.map(each => each?.estimate.mean ?? Number.NaN))
    for (const [i, each] of found.entries()) if (each) each.normalized = normalized[i]!
  }
  return {
    format: 'tinystories-report',
    version: 2,
    title: options.title ?? (names.length > 1 ? names.join(', ') : `Scores for ${names[0] ?? 'nothing'}`),
    confidence,
    rubric: { name: first?.rubric.name ?? '', title: first?.rubric.title ?? '', criteria },
    models,
    ...(first && estimated.length > 0 ? { estimates: offlineValidity(first.rubric) } : {}),
    comparisons: compareAll(runs, names, confidence),
    warnings: warningsOf(runs),
  }
}

type MeasuresInOrder = readonly (MeasuresSummary | undefined)[]

function isList(measures: Record<string, MeasuresSummary> | MeasuresInOrder): measures is MeasuresInOrder {
  return Array.isArray(measures)
}

function compareAll(
  runs: readonly GradingRun[],
  names: readonly string[],
  confidence: number,
): ModelComparison[] {
  const comparisons: ModelComparison[] = []
  for (let i = 0; i < runs.length; i++) {
    for (let j = i + 1; j < runs.length; j++) {
      const [a, b] = [runs[i]!, runs[j]!]
      const criteria = a.rubric.criteria
        .filter(each => each.kind === 'score')
        .filter(({ name }) => b.rubric.criteria.some(each => each.name === name))
        .map(({ name, label, min, max }) => ({
          criterion: name,
          label,
          ...pairedComparison(valuesOf(a.gradings, name), valuesOf(b.gradings, name), {
            confidence,
            scale: [min, max],
          }),
          p: Number.NaN,
          correctedP: Number.NaN,
        }))
      comparisons.push({ a: names[i]!, b: names[j]!, criteria })
    }
  }
  const all = comparisons.flatMap(({ criteria }) => criteria)
  for (const each of all) each.p = pOf(each, all.length)
  const corrected = holm(all.map(({ p }) => p))
  for (const [i, each] of all.entries()) each.correctedP = corrected[i]!
  return comparisons
}

/**
 * The p-value that is corrected: of the permutation test, which assumes nothing of the scores. On a few prompts it
 * cannot be small enough for so many tests, however strong the difference: then of the t-test.
 */
function pOf({ permutationP, tTestP, pairs }: PairedComparison, tests: number): number {
  const smallest = 2 ** (1 - pairs)
  return smallest * tests > 0.01 && !Number.isNaN(tTestP) ? tTestP : permutationP
}

function warningsOf(runs: readonly GradingRun[]): string[] {
  const warnings: string[] = []
  const versions = new Set(runs.map(({ rubricVersion }) => rubricVersion))
  if (versions.size > 1)
    warnings.push(
      `The models were judged under different rubrics (${[...versions].join(', ')}): their scores cannot be compared.`,
    )
  const judges = new Set(runs.map(({ judge }) => judge))
  if (judges.size > 1)
    warnings.push(
      `The models were judged by different judges (${[...judges].join(', ')}): their scores cannot be compared.`,
    )
  const sets = runs.map(({ gradings }) => new Set(gradings.map(({ completion }) => completion.promptId)))
  if (sets.some(set => set.size !== sets[0]!.size || [...set].some(id => !sets[0]!.has(id))))
    warnings.push('The models were given different prompts: comparisons use those that both have.')
  return warnings
}

function uniqueNames(runs: readonly GradingRun[]): string[] {
  const seen = new Map<string, number>()
  return runs.map(({ name }) => {
    const before = seen.get(name) ?? 0
    seen.set(name, before + 1)
    return before === 0 ? name : `${name} (${before + 1})`
  })
}
