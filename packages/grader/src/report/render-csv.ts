import { csvCell } from '@tinystories/utils/text'
import type { Report } from './report.ts'

/**
 * One row for each grading. Cells that a spreadsheet would take for a formula (prompt with = + - @, a tab or a
 * line break, but no plain number) get an apostrophe in front.
 */
export function renderCsv(report: Report): string {
  return [...renderCsvPieces(report)].join('')
}

/** {@link renderCsv} row by row. */
export function* renderCsvPieces({ models, rubric }: Report): Generator<string> {
  const names = rubric.criteria.map(({ name }) => name)
  const weighted = models.some(({ items }) => items.some(({ judgment }) => judgment?.weighted))
  const scores = rubric.criteria.filter(({ kind }) => kind === 'score').map(({ name }) => name)
  const head = [
    'model',
    'judge',
    'rubric',
    'prompt_id',
    'trial',
    'regrade',
    'status',
    ...names,
    ...(weighted ? scores.map(name => `${name}_weighted`) : []),
    'reasons',
    'flags',
    'failure',
    'prompt',
    'completion',
    'assessment',
  ]
  yield lineOf(head)
  for (const model of models)
    for (const { completion, regrade, status, judgment, failure } of model.items)
      yield lineOf([
        model.name,
        model.judge,
        model.rubricVersion,
        completion.promptId,
        completion.trial,
        regrade,
        status,
        ...names.map(name => judgment?.scores[name] ?? ''),
        ...(weighted ? scores.map(name => judgment?.weighted?.[name] ?? '') : []),
        Object.entries(judgment?.problems ?? {})
          .map(([name, { reason }]) => `${name}: ${reason}`)
          .join('; '),
        (judgment?.flags ?? []).map(({ kind }) => kind).join('; '),
        failure ?? '',
        completion.prompt,
        completion.text,
        judgment?.assessment ?? '',
      ])
}

const lineOf = (row: readonly (string | number)[]): string => `${row.map(csvCell).join(',')}\r\n`
