import type { Completion } from '../completions/completion.ts'
import type { GradingRun } from '../judging/grading.ts'
import type { Criterion } from '../rubric/rubric.ts'
import { bootstrapStatistic, type Measured } from '../statistics/bootstrap-statistic.ts'
import { krippendorffAlpha } from '../statistics/krippendorff-alpha.ts'
import { quantile } from '../statistics/quantile.ts'
import { spearman } from '../statistics/spearman.ts'
import { weightedKappa } from '../statistics/weighted-kappa.ts'
import { textKey } from './parse-grades.ts'

/** How two judges, or a judge and a person, or a judge twice, agree on one criterion. */
export interface PairAgreement {
  a: string
  b: string
  criterion: string
  label: string
  /** Completions that both scored. */
  items: number
  /** Share with the same score. */
  same: number
  /** Mean of a - b: above 0, a is the milder. Choices count from 0. */
  bias: number
  /** Cohen's kappa with quadratic weights. */
  kappa: Measured
  /** Krippendorff's alpha: interval for scores, ordinal for choices. */
  alpha: Measured
  spearman: Measured
}

/** How all judges agree on one criterion. */
export interface JointAgreement {
  criterion: string
  label: string
  judges: number
  /** Completions that at least two scored. */
  items: number
  alpha: Measured
}

/** What each judge gave on average for one criterion, over the completions that all scored. */
export interface JudgeScores {
  criterion: string
  label: string
  items: number
  /** Judge -> its mean score; a choice counts from 0. */
  means: Record<string, number>
  /** Mean and median of the judges' means. */
  mean: number
  median: number
}

/** A completion on which judges differ. */
export interface Disagreement {
  completion: Completion
  criterion: string
  /** Judge -> its score. */
  scores: Record<string, number | string>
  /** Highest less lowest score, as a share of the scale. */
  spread: number
}

/** What {@link compareJudges} finds. */
export interface JudgeComparison {
  /** Names of the judges; one that judged several times stands once for each time. */
  judges: string[]
  scores: JudgeScores[]
  pairs: PairAgreement[]
  joint: JointAgreement[]
  /** Those with the largest spread first, at most `disagreements`. */
  disagreements: Disagreement[]
  /** Completions of each judge that no other judge has scored. */
  unmatched: Record<string, number>
}

/** Options of {@link compareJudges}. */
export interface CompareJudgesOptions {
  /** Of the bootstrap. Default 0. */
  seed?: number
  /** Default 0.95. */
  confidence?: number
  /** How many disagreements are listed. Default 20. */
  disagreements?: number
}

/**
 * Compares judges on the completions that they share, found by their text, so that files with other ids meet. A judge
 * that judged every completion several times (`regrades`) is compared with itself too. Intervals are from the bootstrap
 * clustered by prompt.
 *
 * @param runs one for each judge or person
 */
export function compareJudges(
  runs: readonly GradingRun[],
  options: CompareJudgesOptions = {},
): JudgeComparison {
  const { disagreements: most = 20 } = options
  const raters = ratersOf(runs)
  const criteria =
    runs[0]?.rubric.criteria.filter(({ name }) =>
      runs.every(({ rubric }) => rubric.criteria.some(each => each.name === name)),
    ) ?? []
  const result: JudgeComparison = {
    judges: raters.map(({ name }) => name),
    scores: [],
    pairs: [],
    joint: [],
    disagreements: [],
    unmatched: {},
  }
  for (const criterion of criteria) {
    const items = itemsOf(raters, criterion)
    result.scores.push(scoresOf(raters, criterion, items))
    for (let i = 0; i < raters.length; i++)
      for (let j = i + 1; j < raters.length; j++)
        result.pairs.push(pairOf(raters, [i, j], { criterion, items, options }))
    const rated = items.filter(({ values }) => values.filter(value => value !== undefined).length > 1)
    const level = criterion.kind === 'score' ? 'interval' : 'ordinal'
    if (raters.length > 1)
      result.joint.push({
        criterion: criterion.name,
        label: criterion.label,
        judges: raters.length,
        items: rated.length,
        alpha: bootstrapStatistic(
          byPrompt(rated),
          drawn =>
            krippendorffAlpha(
              raters.map((_, rater) => drawn.map(({ values }) => values[rater])),
              level,
            ),
          options,
        ),
      })
    for (const { completion, values } of rated) {
      const given = values.filter(value => value !== undefined)
      const spread = (Math.max(...given) - Math.min(...given)) / reachOf(criterion)
      if (spread > 0)
        result.disagreements.push({
          completion,
          criterion: criterion.name,
          scores: Object.fromEntries(
            values.flatMap((value, i) =>
              value === undefined ? [] : [[raters[i]!.name, shown(criterion, value)]],
            ),
          ),
          spread,
        })
    }
  }
  result.disagreements.sort((x, y) => y.spread - x.spread)
  result.disagreements.length = Math.min(most, result.disagreements.length)
  for (const { name, scores } of raters)
    result.unmatched[name] = [...scores.keys()].filter(
      key => !raters.some(other => other.name !== name && other.scores.has(key)),
    ).length
  return result
}

interface Rater {
  name: string
  scores: Map<string, { completion: Completion; scores: Record<string, number | string> }>
}

function ratersOf(runs: readonly GradingRun[]): Rater[] {
  const raters: Rater[] = []
  const names = new Map<string, number>()
  for (const { judge, gradings } of runs) {
    const before = names.get(judge) ?? 0
    names.set(judge, before + 1)
    const name = before === 0 ? judge : `${judge} (${before + 1})`
    for (const regrade of [...new Set(gradings.map(each => each.regrade))].sort((a, b) => a - b)) {
      const scores: Rater['scores'] = new Map()
      for (const { regrade: time, completion, judgment } of gradings) {
        if (time !== regrade || !judgment) continue
        // A file may score one criterion of a completion in one row, and another in the next.
        const key = keyOf(completion)
        scores.set(key, { completion, scores: { ...scores.get(key)?.scores, ...judgment.scores } })
      }
      raters.push({ name: regrade === 0 ? name : `${name}, time ${regrade + 1}`, scores })
    }
  }
  return raters
}

function keyOf(completion: Completion): string {
  return completion.text === '' ? `${completion.promptId}\n${completion.trial}` : textKey(completion)
}

interface Item {
  completion: Completion
  /** One for each rater. */
  values: (number | undefined)[]
}

function itemsOf(raters: readonly Rater[], criterion: Criterion): Item[] {
  const keys = new Set(raters.flatMap(({ scores }) => [...scores.keys()]))
  return [...keys].map(key => ({
    completion: raters.map(({ scores }) => scores.get(key)?.completion).find(each => each !== undefined)!,
    values: raters.map(({ scores }) => numberOf(criterion, scores.get(key)?.scores[criterion.name])),
  }))
}

function scoresOf(raters: readonly Rater[], criterion: Criterion, items: readonly Item[]): JudgeScores {
  const scored = items.map(({ values }) => values.filter(value => value !== undefined))
  const whole = scored.filter(({ length }) => length === raters.length)
  const means = raters.map((_, rater) => meanOf(whole.map(values => values[rater]!)))
  return {
    criterion: criterion.name,
    label: criterion.label,
    items: whole.length,
    means: Object.fromEntries(raters.map(({ name }, rater) => [name, means[rater]!])),
    mean: meanOf(means),
    median: quantile(
      means.toSorted((a, b) => a - b),
      0.5,
    ),
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function numberOf(criterion: Criterion, value: number | string | undefined): number | undefined {
  if (criterion.kind === 'score') return typeof value === 'number' ? value : undefined
  const at = criterion.options.findIndex(each => each.value === value)
  return at < 0 ? undefined : at
}

function shown(criterion: Criterion, value: number): number | string {
  return criterion.kind === 'score' ? value : criterion.options[value]!.value
}

function reachOf(criterion: Criterion): number {
  return criterion.kind === 'score' ? criterion.max - criterion.min : criterion.options.length - 1
}

function byPrompt<Each extends { completion: Completion }>(items: readonly Each[]): Each[][] {
  const groups = new Map<string, Each[]>()
  for (const item of items) {
    const key = item.completion.prompt || item.completion.promptId
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups.values()]
}

function pairOf(
  raters: readonly Rater[],
  [i, j]: readonly [number, number],
  {
    criterion,
    items,
    options,
  }: { criterion: Criterion; items: readonly Item[]; options: CompareJudgesOptions },
): PairAgreement {
  const both = items.filter(({ values }) => values[i] !== undefined && values[j] !== undefined)
  const clusters = byPrompt(both)
  const measure = (statistic: (a: number[], b: number[]) => number): Measured =>
    bootstrapStatistic(
      clusters,
      drawn =>
        statistic(
          drawn.map(({ values }) => values[i]!),
          drawn.map(({ values }) => values[j]!),
        ),
      options,
    )
  const level = criterion.kind === 'score' ? 'interval' : 'ordinal'
  return {
    a: raters[i]!.name,
    b: raters[j]!.name,
    criterion: criterion.name,
    label: criterion.label,
    items: both.length,
    same: both.filter(({ values }) => values[i] === values[j]).length / both.length,
    bias: both.reduce((sum, { values }) => sum + values[i]! - values[j]!, 0) / both.length,
    kappa: measure((a, b) => weightedKappa(a, b, { weights: 'quadratic' })),
    alpha: measure((a, b) => krippendorffAlpha([a, b], level)),
    spearman: measure(spearman),
  }
}
