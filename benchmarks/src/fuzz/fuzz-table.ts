import type { BenchmarkResult, BenchmarkRow } from '../harness.ts'

/** What one run with a seed has read of a reader. */
export interface FuzzCount {
  reader: string
  inputs: number
  findings: number
}

/** The counts of several runs, by reader: what `benchmarks/results` keeps. */
export interface FuzzTable extends BenchmarkResult {
  /** Inputs and findings by seed and reader; a run that is continued replaces its own. */
  seeds: Record<string, Record<string, [inputs: number, findings: number]>>
}

/**
 * Adds a run to the table. Runs with other seeds have read other inputs, so that their counts add up.
 *
 * @param names of all readers, in the order of the rows
 */
export function addToTable(
  table: FuzzTable | undefined,
  { machine, seed, counts }: { machine: string; seed: number; counts: readonly FuzzCount[] },
  names: readonly string[],
): FuzzTable {
  const own = Object.fromEntries(
    counts.map(({ reader, inputs, findings }): [string, [number, number]] => [reader, [inputs, findings]]),
  )
  const seeds: FuzzTable['seeds'] = { ...table?.seeds, [seed]: { ...table?.seeds[seed], ...own } }
  const total = (read: (reader: string) => boolean, at: 0 | 1): number =>
    Object.values(seeds)
      .flatMap(each => Object.entries(each))
      .reduce((sum, [reader, count]) => sum + (read(reader) ? count[at] : 0), 0)
  const row = (name: string, read: (reader: string) => boolean): BenchmarkRow => ({
    ...{ case: name, metric: 'mutated inputs', ours: total(read, 0) },
    ...{ peer: 'findings', peerValue: total(read, 1), ratio: null },
  })
  const rows = [row('all readers', () => true), ...names.map(name => row(name, reader => reader === name))]
  return { name: 'fuzz', machine, seeds, rows }
}
