import type { ProbeKind, ProbeResult } from '@tinystories/interpret/probes'
import type { SweepReport } from './build-report.ts'
import type { ReportRow } from './collect-rows.ts'
import { publishedRows } from './published.ts'

/** The report as Markdown; the figure is `scaling.svg` beside it. */
export function renderSweepMarkdown(report: SweepReport): string {
  const { name, rows, findings, scaling, missing } = report
  return `${[
    `# ${escapeMarkdown(name)}`,
    'Bits per byte is the number that compares with other work, whatever the vocabulary. Probes are shares of items in which the model finds the right ending likelier than every wrong one, with 95 % intervals.',
    '## Models',
    table(
      ['model', 'parameters', 'tokens', 'bits per byte', 'paper', 'grammar', 'facts', 'reasoning', 'context'],
      rows.map(row => [
        row.cell.name,
        row.training ? row.training.parameters.toLocaleString('en-US') : '-',
        row.training ? row.training.tokens.toLocaleString('en-US') : '-',
        row.training ? row.training.bitsPerByte.toFixed(3) : failureOf(row),
        published(row),
        ...(['grammar', 'facts', 'reasoning', 'context'] as const).map(kind => share(row, kind)),
      ]),
    ),
    'The paper trained on about 450 M tokens; its bits per byte are computed from its loss at 4.07 bytes a token.',
    '## Scaling',
    '![Bits per byte against training FLOPs](scaling.svg)',
    scaling
      ? `Bits per byte = ${scaling.factor.toPrecision(3)} x FLOPs^${scaling.exponent.toFixed(3)} (95 % interval of the exponent ${scaling.low.toFixed(3)} to ${scaling.high.toFixed(3)}, R² ${scaling.rSquared.toFixed(3)}).`
      : 'A power law needs at least four trained models.',
    '## Findings of the paper',
    table(
      ['finding', 'test', 'evidence', 'verdict'],
      findings.map(({ statement, test, evidence, verdict, wanted }) => [
        statement,
        test,
        evidence || 'not tested',
        wanted === ''
          ? verdict
          : `${verdict}: it would take ${wanted.charAt(0).toLowerCase()}${wanted.slice(1)}`,
      ]),
    ),
    '## Completions',
    ...completions(rows),
    ...(missing.length === 0 ? [] : ['## Missing', `These cells have no result yet: ${missing.join(', ')}.`]),
  ].join('\n\n')}\n`
}

const failureOf = ({ failures }: ReportRow): string =>
  failures.length === 0 ? 'not done' : `failed (${failures.map(({ stage }) => stage).join(', ')})`

function published({ cell }: ReportRow): string {
  const row = publishedRows.find(({ hidden, layers }) => hidden === cell.hidden && layers === cell.layers)
  return row === undefined ? '-' : row.bitsPerByte.toString()
}

const share = ({ probes }: ReportRow, kind: ProbeKind): string => (probes ? formatShare(probes[kind]) : '-')

/** A share in percent with its interval, such as `71 (65 to 77)`. */
export function formatShare({ items, accuracy, interval: [low, high] }: ProbeResult): string {
  if (items === 0) return '-'
  const percent = (value: number): string => (100 * value).toFixed(0)
  return `${percent(accuracy)} (${percent(low)} to ${percent(high)})`
}

/** The greedy completions of the first prompts by every model, side by side. */
function completions(rows: readonly ReportRow[]): string[] {
  const shown = 3
  const prompts = rows.find(row => row.completions)?.completions?.filter(({ trial }) => trial === 0)
  if (prompts === undefined) return ['None yet.']
  return prompts.slice(0, shown).map(({ promptId, prompt }) => {
    const lines = rows.flatMap(({ cell, completions }) => {
      const found = completions?.find(each => each.promptId === promptId && each.trial === 0)
      return found ? [`- **${cell.name}**: ${escapeMarkdown(found.text.trim())}`] : []
    })
    return `> ${escapeMarkdown(prompt)}\n\n${lines.join('\n')}`
  })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(each => each.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Text of a model or a file, so that it cannot become markup. */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]#|]/g, '\\$&')
}
