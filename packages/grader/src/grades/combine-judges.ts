import { GraderError } from '../errors.ts'
import type { Grading, GradingRun, Judgment } from '../judging/grading.ts'
import { isEstimate } from '../offline/estimate-offline.ts'
import type { Criterion } from '../rubric/rubric.ts'
import { textKey } from './parse-grades.ts'

/**
 * One run of the mean or median of several judges' scores for each completion, over the judges that gave one. Of
 * choices, such as age groups, it is the median, the lower of two in the middle.
 *
 * @param runs of the same completions, one for each judge
 * @throws GraderError `mixed-estimates`
 */
export function combineJudges(runs: readonly GradingRun[], how: 'mean' | 'median' = 'mean'): GradingRun {
  const [first] = runs
  const estimated = runs.filter(isEstimate)
  if (estimated.length > 0 && runs.length > 1)
    throw new GraderError('mixed-estimates', { names: estimated.map(({ judge }) => judge) })
  const byKey = new Map<string, Grading[]>()
  for (const grading of runs.flatMap(({ gradings }) => gradings)) {
    const key = JSON.stringify([textKey(grading.completion), grading.completion.trial, grading.regrade])
    const group = byKey.get(key)
    if (group) group.push(grading)
    else byKey.set(key, [grading])
  }
  const judge = `${how} of ${runs.map(each => each.judge).join(', ')}`
  const criteria = first?.rubric.criteria ?? []
  const gradings = [...byKey.values()].map(group => combined(group, criteria, { how, judge }))
  return { ...first!, judge, gradings }
}

function combined(
  group: readonly Grading[],
  criteria: readonly Criterion[],
  { how, judge }: { how: 'mean' | 'median'; judge: string },
): Grading {
  const { completion, regrade } = group[0]!
  const judgments = group.flatMap(({ judgment }) => judgment ?? [])
  const failure = group.find(each => each.failure !== undefined)?.failure
  if (judgments.length === 0)
    return { completion, regrade, status: 'ungraded', ...(failure === undefined ? {} : { failure }) }
  const scores: Judgment['scores'] = {}
  const problems: Judgment['problems'] = {}
  for (const criterion of criteria) {
    const { name } = criterion
    const given = judgments.flatMap(each => each.scores[name] ?? [])
    if (given.length > 0) scores[name] = middle(criterion, given, how)
    else
      problems[name] = judgments.flatMap(each => each.problems[name] ?? [])[0] ?? {
        reason: 'missing',
        found: '',
      }
  }
  const isWhole = Object.keys(problems).length === 0
  return {
    completion,
    regrade,
    status: isWhole ? 'graded' : Object.keys(scores).length > 0 ? 'partial' : 'ungraded',
    judgment: {
      scores,
      problems,
      assessment: judgments.map(({ model, assessment }) => `${model}: ${assessment}`).join('\n'),
      replies: judgments.flatMap(({ replies }) => replies),
      flags: [...new Map(judgments.flatMap(({ flags }) => flags).map(flag => [flag.kind, flag])).values()],
      model: judge,
      usage: {
        inputTokens: judgments.reduce((sum, { usage }) => sum + usage.inputTokens, 0),
        outputTokens: judgments.reduce((sum, { usage }) => sum + usage.outputTokens, 0),
      },
      cost: judgments.some(({ cost }) => cost === undefined)
        ? undefined
        : judgments.reduce((sum, { cost }) => sum + cost!, 0),
    },
  }
}

function middle(
  criterion: Criterion,
  given: readonly (number | string)[],
  how: 'mean' | 'median',
): number | string {
  if (criterion.kind === 'choice') {
    const order = given
      .map(value => criterion.options.findIndex(each => each.value === value))
      .sort((a, b) => a - b)
    return criterion.options[order[Math.floor((order.length - 1) / 2)]!]!.value
  }
  const numbers = given.filter(each => typeof each === 'number').sort((a, b) => a - b)
  if (how === 'mean') return numbers.reduce((sum, each) => sum + each, 0) / numbers.length
  const at = (numbers.length - 1) / 2
  return (numbers[Math.floor(at)]! + numbers[Math.ceil(at)]!) / 2
}
