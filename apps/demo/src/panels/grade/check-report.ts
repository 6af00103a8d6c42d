import { GraderInputError, type Report } from '@tinystories/grader'

/**
 * Looks whether a file that says it is a report has what this page and the renderers take from it, and turns null, which
 * stands in JSON for numbers that cannot be had, back into NaN.
 *
 * @throws GraderInputError that names the place
 */
export function checkReport(report: Report, source: string): Report {
  const want = (good: boolean, place: string): void => {
    if (!good)
      throw new GraderInputError({
        source,
        place,
        problem: 'this is not what a report holds there',
        remedy: 'Make it again with "tinystories report"',
      })
  }
  const { title, confidence, rubric, models, comparisons, warnings } = report
  want(typeof title === 'string', 'title')
  want(typeof confidence === 'number', 'confidence')
  want(isList(rubric?.criteria), 'rubric.criteria')
  want(isList(models) && models.length > 0, 'models')
  want(isList(comparisons), 'comparisons')
  want(isList(warnings) && warnings.every(each => typeof each === 'string'), 'warnings')
  for (const [i, model] of models.entries()) {
    const at = `models[${i}]`
    want(typeof model?.name === 'string' && typeof model.judge === 'string', at)
    want(isList(model.criteria), `${at}.criteria`)
    for (const [j, each] of model.criteria.entries()) {
      const good =
        isList(each?.estimate?.interval) && isList(each.histogram) && typeof each.label === 'string'
      want(good && Number.isFinite(each.min) && Number.isFinite(each.max), `${at}.criteria[${j}]`)
    }
    want(isList(model.choices) && model.choices.every(each => isList(each?.options)), `${at}.choices`)
    want(isList(model.items), `${at}.items`)
    for (const [j, { completion, judgement }] of model.items.entries()) {
      const good = typeof completion?.text === 'string' && typeof completion.beginning === 'string'
      want(good, `${at}.items[${j}].completion`)
      const marked = judgement === undefined || (isRecord(judgement.marks) && isRecord(judgement.problems))
      want(marked, `${at}.items[${j}].judgement`)
    }
  }
  return withNumbers(report) as Report
}

function withNumbers(value: unknown): unknown {
  if (value === null) return Number.NaN
  if (Array.isArray(value)) return value.map(withNumbers)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNumbers(each)]))
}

const isList = (value: unknown): value is unknown[] => Array.isArray(value)
const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null
