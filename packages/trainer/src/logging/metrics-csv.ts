import { csvCell } from '@tinystories/utils/text'
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
    return columns.map(column => csvCell(values[column] ?? ''))
  })
  return [columns, ...rows].map(row => `${row.join(',')}\r\n`).join('')
}
