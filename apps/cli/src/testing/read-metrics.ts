import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MetricsLine } from '@tinystories/trainer'

/** The lines of a run's metrics.jsonl. */
export async function readMetrics(run: string): Promise<MetricsLine[]> {
  const text = await readFile(join(run, 'metrics.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as MetricsLine)
}
