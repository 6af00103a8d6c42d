import type { Report } from './report.ts'

/**
 * One row for each grading. Cells that a spreadsheet would take for a formula (prompt with = + - @, a tab or a
 * line break, but no plain number) get an apostrophe in front.
 */
export function renderCsv({ models, rubric }: Report): string {
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
  const rows = models.flatMap(model =>
    model.items.map(({ completion, regrade, status, judgment, failure }) => [
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
    ]),
  )
  return `${[head, ...rows].map(row => row.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^\s*[=+\-@\t\r\n]/.test(value) && !/^-?\d+(?:\.\d+)?$/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
