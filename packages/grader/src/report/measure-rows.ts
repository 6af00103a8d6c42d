import type { ShareSummary } from '../measures/measure-completions.ts'
import { formatNumber, formatShare } from './format-number.ts'
import type { ModelSummary } from './report.ts'

/** The measures that need no judge as rows of a table, one column for each model; rows that nobody has are left out. */
export function measureRows(models: readonly ModelSummary[]): { label: string; values: string[] }[] {
  const rows: { label: string; values: (string | undefined)[] }[] = []
  const row = (label: string, value: (model: ModelSummary) => string | undefined): void => {
    rows.push({ label, values: models.map(value) })
  }
  const share = (summary: ShareSummary | undefined): string | undefined =>
    summary && formatNumber(summary.mean, 3)
  row('completions', ({ measures }) => measures && String(measures.completions))
  row('words of a completion, mean', ({ measures }) => measures && formatNumber(measures.meanWords, 1))
  row(
    'completions in which a 4-gram comes again',
    ({ measures }) => measures && formatShare(measures.repeating),
  )
  row('overlap with the original continuation, R2 precision', ({ measures }) =>
    share(measures?.originalPrecision),
  )
  row('overlap with the original continuation, R2', ({ measures }) => share(measures?.originalF))
  row('overlap with the nearest other completion, R2', ({ measures }) => share(measures?.among))
  row('overlap with the nearest training story, R2 precision', ({ measures }) =>
    share(measures?.corpusPrecision),
  )
  for (const k of [1, 2, 3, 4, 5])
    row(`${k}-grams that never occur in training`, ({ measures }) => {
      const found = measures?.frequencies?.find(each => each.k === k)
      return found && formatShare(found.never / found.grams)
    })
  row(
    'words asked for that are used',
    ({ measures }) => measures?.instruction && formatShare(measures.instruction.words),
  )
  row(
    'sentences asked for that are there',
    ({ measures }) => measures?.instruction && formatShare(measures.instruction.sentences),
  )
  row(
    'stories with all that was asked',
    ({ measures }) => measures?.instruction && formatShare(measures.instruction.all),
  )
  for (const [kind, label] of [
    ['factual', 'factual prompts right'],
    ['reasoning', 'reasoning prompts right'],
    ['context', 'context prompts right'],
  ] as const)
    row(label, ({ measures }) => {
      const found = measures?.answers?.[kind]
      return found && `${found.right} of ${found.right + found.wrong}`
    })
  return rows
    .filter(({ values }) => values.some(value => value !== undefined))
    .map(({ label, values }) => ({ label, values: values.map(value => value ?? '–') }))
}
