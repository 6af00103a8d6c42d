import type { MetricsLine } from './metrics-line.ts'

const columns = [
  'type',
  'step',
  'tokens',
  'seconds',
  'loss',
  'bitsPerByte',
  'learningRate',
  'gradientNorm',
  'tokensPerSecond',
  'nats',
  'perplexity',
  'accuracy',
  'text',
] as const

/**
 * Metrics as CSV (RFC 4180) for spreadsheets: one row a line of metrics, a column for each figure, empty where the
 * kind of line has none.
 */
export function metricsCsv(lines: readonly MetricsLine[]): string {
  const rows = lines.map(line => {
    const values: Partial<Record<string, string | number>> = { ...line }
    return columns.map(column => cell(values[column]))
  })
  return [columns, ...rows].map(row => `${row.join(',')}\r\n`).join('')
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(value)
  // A spreadsheet would take a text that begins so for a formula; an apostrophe keeps it text.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
