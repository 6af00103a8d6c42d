import type { Report } from './report.ts'

/**
 * One row for each grading. Cells that a spreadsheet would take for a formula (beginning with = + - @, a tab or a
 * line break, but no plain number) get an apostrophe in front.
 */
export function renderCsv({ models, rubric }: Report): string {
  const names = rubric.criteria.map(({ name }) => name)
  const weighted = models.some(({ items }) => items.some(({ judgement }) => judgement?.weighted))
  const marks = rubric.criteria.filter(({ kind }) => kind === 'mark').map(({ name }) => name)
  const head = [
    'model',
    'judge',
    'rubric',
    'beginning_id',
    'trial',
    'regrade',
    'status',
    ...names,
    ...(weighted ? marks.map(name => `${name}_weighted`) : []),
    'reasons',
    'flags',
    'failure',
    'beginning',
    'completion',
    'assessment',
  ]
  const rows = models.flatMap(model =>
    model.items.map(({ completion, regrade, status, judgement, failure }) => [
      model.name,
      model.judge,
      model.rubricVersion,
      completion.beginningId,
      completion.trial,
      regrade,
      status,
      ...names.map(name => judgement?.marks[name] ?? ''),
      ...(weighted ? marks.map(name => judgement?.weighted?.[name] ?? '') : []),
      Object.entries(judgement?.problems ?? {})
        .map(([name, { reason }]) => `${name}: ${reason}`)
        .join('; '),
      (judgement?.flags ?? []).map(({ kind }) => kind).join('; '),
      failure ?? '',
      completion.beginning,
      completion.text,
      judgement?.assessment ?? '',
    ]),
  )
  return `${[head, ...rows].map(row => row.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^\s*[=+\-@\t\r\n]/.test(value) && !/^-?\d+(?:\.\d+)?$/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
