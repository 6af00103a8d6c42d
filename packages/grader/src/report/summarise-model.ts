import type { GradingRun } from '../judging/grade.ts'
import type { Grading } from '../judging/grading.ts'
import type { MeasuresSummary } from '../measures/measure-completions.ts'
import type { MarkProblemReason } from '../parse/mark-problem.ts'
import type { ChoiceCriterion, MarkCriterion } from '../rubric/rubric.ts'
import { bootstrapInterval } from '../statistics/bootstrap-interval.ts'
import { type ClusteredValue, clusteredMean } from '../statistics/clustered-mean.ts'
import { selfAgreement } from '../statistics/self-agreement.ts'
import { spearman } from '../statistics/spearman.ts'
import { countWords } from '../text/words.ts'
import type { ChoiceSummary, CriterionSummary, ModelSummary } from './report.ts'

/** Options of {@link summariseModel}. */
export interface SummariseOptions {
  seed?: number
  confidence?: number
  measures?: MeasuresSummary
}

/** All figures of one model. `normalised` is left at NaN: it needs the other models. */
export function summariseModel(run: GradingRun, options: SummariseOptions = {}): ModelSummary {
  const { name, judge, rubric, rubricVersion, gradings } = run
  const judged = gradings.filter(({ judgement }) => judgement)
  const flags: Record<string, number> = {}
  const failures: Record<string, number> = {}
  for (const { judgement, failure } of gradings) {
    for (const { kind } of judgement?.flags ?? []) flags[kind] = (flags[kind] ?? 0) + 1
    if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1
  }
  const count = (status: Grading['status']): number => gradings.filter(each => each.status === status).length
  const usage = usageOf(gradings)
  return {
    name,
    judge,
    rubricVersion,
    beginnings: new Set(gradings.map(({ completion }) => completion.beginningId)).size,
    completions: new Set(gradings.map(nameOf)).size,
    gradings: gradings.length,
    graded: count('graded'),
    partial: count('partial'),
    ungraded: count('ungraded'),
    askedAgain: judged.filter(({ judgement }) => judgement!.replies.length > 1).length,
    flags,
    failures,
    ...usage,
    criteria: rubric.criteria
      .filter(criterion => criterion.kind === 'mark')
      .map(criterion => summariseCriterion(criterion, gradings, options)),
    choices: rubric.criteria
      .filter(criterion => criterion.kind === 'choice')
      .map(criterion => summariseChoice(criterion, gradings)),
    ...(options.measures ? { measures: options.measures } : {}),
    items: gradings,
  }
}

/** A criterion's marks with the beginnings they belong to. */
export function valuesOf(gradings: readonly Grading[], criterion: string): ClusteredValue[] {
  return gradings.flatMap(({ completion, judgement }) => {
    const value = judgement?.marks[criterion]
    return typeof value === 'number' ? [{ cluster: completion.beginningId, value }] : []
  })
}

function summariseCriterion(
  { name, label, min, max }: MarkCriterion,
  gradings: readonly Grading[],
  { seed = 0, confidence = 0.95 }: SummariseOptions,
): CriterionSummary {
  const values = valuesOf(gradings, name)
  const marked = gradings.filter(({ judgement }) => typeof judgement?.marks[name] === 'number')
  const marks = marked.map(({ judgement }) => judgement!.marks[name] as number)
  const words = marked.map(({ completion }) => countWords(completion.text))
  const histogram = Array.from({ length: Math.floor(max) - Math.ceil(min) + 1 }, () => 0)
  for (const mark of marks)
    histogram[Math.min(histogram.length - 1, Math.max(0, Math.round(mark) - Math.ceil(min)))]!++
  const weighted = marked.map(({ judgement }) => judgement!.weighted?.[name])
  const repeated = repeatedMarks(gradings, name)
  return {
    name,
    label,
    min,
    max,
    estimate: clusteredMean(values, confidence),
    bootstrap: bootstrapInterval(values, { seed, confidence }),
    ...(weighted.length > 0 && weighted.every(value => value !== undefined)
      ? { weightedMean: weighted.reduce<number>((sum, value) => sum + value!, 0) / weighted.length }
      : {}),
    normalised: Number.NaN,
    histogram,
    lengthCorrelation: spearman(words, marks),
    byLength: fifths(words, marks),
    ...problemsOf(gradings, name),
    ...(repeated.some(({ length }) => length > 1) ? { selfAgreement: selfAgreement(repeated) } : {}),
  }
}

/** The marks of each completion, one for each time that it was judged. */
function repeatedMarks(gradings: readonly Grading[], name: string): (number | undefined)[][] {
  const marks = new Map<string, (number | undefined)[]>()
  for (const grading of gradings) {
    const mark = grading.judgement?.marks[name]
    const list = marks.get(nameOf(grading)) ?? []
    list.push(typeof mark === 'number' ? mark : undefined)
    marks.set(nameOf(grading), list)
  }
  return [...marks.values()]
}

function summariseChoice(
  { name, label, options }: ChoiceCriterion,
  gradings: readonly Grading[],
): ChoiceSummary {
  return {
    name,
    label,
    options: options.map(({ value, label: meaning }) => ({
      value,
      label: meaning,
      count: gradings.filter(({ judgement }) => judgement?.marks[name] === value).length,
    })),
    ...problemsOf(gradings, name),
  }
}

function problemsOf(
  gradings: readonly Grading[],
  name: string,
): { parseRate: number; problems: Partial<Record<MarkProblemReason, number>> } {
  const problems: Partial<Record<MarkProblemReason, number>> = {}
  let judged = 0
  for (const { judgement } of gradings) {
    if (!judgement) continue
    judged++
    const reason = judgement.problems[name]?.reason
    if (reason) problems[reason] = (problems[reason] ?? 0) + 1
  }
  const missing = Object.values(problems).reduce((sum, count) => sum + count, 0)
  return { parseRate: (judged - missing) / judged, problems }
}

function fifths(words: readonly number[], marks: readonly number[]): CriterionSummary['byLength'] {
  const order = words.map((_, i) => i).sort((a, b) => words[a]! - words[b]! || a - b)
  const groups = Math.min(5, order.length)
  return Array.from({ length: groups }, (_, group) => {
    const part = order.slice(
      Math.floor((group * order.length) / groups),
      Math.floor(((group + 1) * order.length) / groups),
    )
    const mean = (values: readonly number[]): number =>
      part.reduce((sum, i) => sum + values[i]!, 0) / part.length
    return { words: mean(words), mean: mean(marks), count: part.length }
  })
}

/** Costs and tokens, counting a judgement that several completions of the same words share once. */
function usageOf(gradings: readonly Grading[]): {
  cost: number
  costKnown: boolean
  inputTokens: number
  outputTokens: number
} {
  const seen = new Set<string>()
  let [cost, costKnown, inputTokens, outputTokens] = [0, true, 0, 0]
  for (const { completion, regrade, judgement } of gradings) {
    if (!judgement) continue
    const key = JSON.stringify([regrade, completion.beginning, completion.text, completion.instruction])
    if (seen.has(key)) continue
    seen.add(key)
    if (judgement.cost === undefined) costKnown = false
    else cost += judgement.cost
    inputTokens += judgement.usage.inputTokens
    outputTokens += judgement.usage.outputTokens
  }
  return { cost, costKnown, inputTokens, outputTokens }
}

function nameOf({ completion: { beginningId, trial } }: Grading): string {
  return JSON.stringify([beginningId, trial])
}
