import { countWords } from '@tinystories/utils/text'
import type { Grading, GradingRun } from '../judging/grading.ts'
import type { MeasuresSummary } from '../measures/measure-completions.ts'
import type { ScoreProblemReason } from '../parse/score-problem.ts'
import type { ChoiceCriterion, ScoreCriterion } from '../rubric/rubric.ts'
import { bootstrapInterval } from '../statistics/bootstrap-interval.ts'
import { type ClusteredValue, clusteredMean } from '../statistics/clustered-mean.ts'
import { selfAgreement } from '../statistics/self-agreement.ts'
import { spearman } from '../statistics/spearman.ts'
import type { ChoiceSummary, CriterionSummary, ModelSummary } from './report.ts'

/** Options of {@link summarizeModel}. */
export interface SummarizeOptions {
  seed?: number
  confidence?: number
  measures?: MeasuresSummary
}

/** All figures of one model. `normalized` is left at NaN: it needs the other models. */
export function summarizeModel(run: GradingRun, options: SummarizeOptions = {}): ModelSummary {
  const { name, judge, rubric, rubricVersion, gradings } = run
  const judged = gradings.filter(({ judgment }) => judgment)
  const flags: Record<string, number> = {}
  const failures: Record<string, number> = {}
  for (const { judgment, failure } of gradings) {
    for (const { kind } of judgment?.flags ?? []) flags[kind] = (flags[kind] ?? 0) + 1
    if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1
  }
  const count = (status: Grading['status']): number => gradings.filter(each => each.status === status).length
  const usage = usageOf(gradings)
  return {
    name,
    judge,
    rubricVersion,
    prompts: new Set(gradings.map(({ completion }) => completion.promptId)).size,
    completions: new Set(gradings.map(nameOf)).size,
    gradings: gradings.length,
    graded: count('graded'),
    partial: count('partial'),
    ungraded: count('ungraded'),
    askedAgain: judged.filter(({ judgment }) => judgment!.replies.length > 1).length,
    flags,
    failures,
    ...usage,
    criteria: rubric.criteria
      .filter(criterion => criterion.kind === 'score')
      .map(criterion => summarizeCriterion(criterion, gradings, options)),
    choices: rubric.criteria
      .filter(criterion => criterion.kind === 'choice')
      .map(criterion => summarizeChoice(criterion, gradings)),
    ...(options.measures ? { measures: options.measures } : {}),
    items: gradings,
  }
}

/** A criterion's scores with the prompts they belong to. */
export function valuesOf(gradings: readonly Grading[], criterion: string): ClusteredValue[] {
  return gradings.flatMap(({ completion, judgment }) => {
    const value = judgment?.scores[criterion]
    return typeof value === 'number' ? [{ cluster: completion.promptId, value }] : []
  })
}

/** Of the whole numbers of a scale; it may be one that nobody has parsed. */
const binsOf = (min: number, max: number): number =>
  Math.min(1001, Math.max(1, Math.floor(max) - Math.ceil(min) + 1))

function summarizeCriterion(
  { name, label, min, max }: ScoreCriterion,
  gradings: readonly Grading[],
  { seed = 0, confidence = 0.95 }: SummarizeOptions,
): CriterionSummary {
  const values = valuesOf(gradings, name)
  const scored = gradings.filter(({ judgment }) => typeof judgment?.scores[name] === 'number')
  const scores = scored.map(({ judgment }) => judgment!.scores[name] as number)
  const words = scored.map(({ completion }) => countWords(completion.text))
  const histogram = Array.from({ length: binsOf(min, max) }, () => 0)
  for (const score of scores)
    histogram[Math.min(histogram.length - 1, Math.max(0, Math.round(score) - Math.ceil(min)))]!++
  const weighted = scored.map(({ judgment }) => judgment!.weighted?.[name])
  const repeated = repeatedScores(gradings, name)
  return {
    name,
    label,
    min,
    max,
    estimate: clusteredMean(values, { confidence, scale: [min, max] }),
    bootstrap: bootstrapInterval(values, { seed, confidence }),
    ...(weighted.length > 0 && weighted.every(value => value !== undefined)
      ? { weightedMean: weighted.reduce<number>((sum, value) => sum + value!, 0) / weighted.length }
      : {}),
    normalized: Number.NaN,
    histogram,
    lengthCorrelation: spearman(words, scores),
    byLength: fifths(words, scores),
    ...problemsOf(gradings, name),
    ...(repeated.some(({ length }) => length > 1) ? { selfAgreement: selfAgreement(repeated) } : {}),
  }
}

/** The scores of each completion, one for each time that it was judged. */
function repeatedScores(gradings: readonly Grading[], name: string): (number | undefined)[][] {
  const scores = new Map<string, (number | undefined)[]>()
  for (const grading of gradings) {
    const score = grading.judgment?.scores[name]
    const list = scores.get(nameOf(grading)) ?? []
    list.push(typeof score === 'number' ? score : undefined)
    scores.set(nameOf(grading), list)
  }
  return [...scores.values()]
}

function summarizeChoice(
  { name, label, options }: ChoiceCriterion,
  gradings: readonly Grading[],
): ChoiceSummary {
  return {
    name,
    label,
    options: options.map(({ value, label: meaning }) => ({
      value,
      label: meaning,
      count: gradings.filter(({ judgment }) => judgment?.scores[name] === value).length,
    })),
    ...problemsOf(gradings, name),
  }
}

function problemsOf(
  gradings: readonly Grading[],
  name: string,
): { parseRate: number; problems: Partial<Record<ScoreProblemReason, number>> } {
  const problems: Partial<Record<ScoreProblemReason, number>> = {}
  let judged = 0
  for (const { judgment } of gradings) {
    if (!judgment) continue
    judged++
    const reason = judgment.problems[name]?.reason
    if (reason) problems[reason] = (problems[reason] ?? 0) + 1
  }
  const missing = Object.values(problems).reduce((sum, count) => sum + count, 0)
  return { parseRate: (judged - missing) / judged, problems }
}

function fifths(words: readonly number[], scores: readonly number[]): CriterionSummary['byLength'] {
  const order = words.map((_, i) => i).sort((a, b) => words[a]! - words[b]! || a - b)
  const groups = Math.min(5, order.length)
  return Array.from({ length: groups }, (_, group) => {
    const part = order.slice(
      Math.floor((group * order.length) / groups),
      Math.floor(((group + 1) * order.length) / groups),
    )
    const mean = (values: readonly number[]): number =>
      part.reduce((sum, i) => sum + values[i]!, 0) / part.length
    return { words: mean(words), mean: mean(scores), count: part.length }
  })
}

/** Costs and tokens, counting a judgment that several completions of the same words share once. */
function usageOf(gradings: readonly Grading[]): {
  cost: number
  costKnown: boolean
  inputTokens: number
  outputTokens: number
} {
  const seen = new Set<string>()
  let [cost, costKnown, inputTokens, outputTokens] = [0, true, 0, 0]
  for (const { completion, regrade, judgment } of gradings) {
    if (!judgment) continue
    const key = JSON.stringify([regrade, completion.prompt, completion.text, completion.instruction])
    if (seen.has(key)) continue
    seen.add(key)
    if (judgment.cost === undefined) costKnown = false
    else cost += judgment.cost
    inputTokens += judgment.usage.inputTokens
    outputTokens += judgment.usage.outputTokens
  }
  return { cost, costKnown, inputTokens, outputTokens }
}

function nameOf({ completion: { promptId, trial } }: Grading): string {
  return JSON.stringify([promptId, trial])
}
