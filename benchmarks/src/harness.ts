import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, totalmem } from 'node:os'

/** One figure of ours beside the peer's. */
export interface BenchmarkRow {
  case: string
  metric: string
  ours: number
  peer: string
  /** null when the peer is not installed. */
  peerValue: number | null
  /** Above 1: ours is better. For times, losses and bytes it is peer / ours. */
  ratio: number | null
}

export interface BenchmarkResult {
  name: string
  machine: string
  rows: BenchmarkRow[]
}

export interface Benchmark {
  name: string
  description: string
  run(): Promise<BenchmarkResult>
}

/** The machine in a few words, with its vector instructions: ratios differ between kinds of processors. */
export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${model} (${vectorInstructions()}), ${availableParallelism()} cores, ${memory} GiB, Node ${process.version}`
}

/** The widest vector instructions of this processor, as far as the system reports them. */
function vectorInstructions(): string {
  if (arch() === 'arm64') return 'NEON'
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? []
    const widest = [
      ['avx512f', 'AVX-512'],
      ['avx2', 'AVX2'],
      ['avx', 'AVX'],
    ].find(([flag]) => flags.includes(flag!))
    return widest?.[1] ?? arch()
  } catch {
    return arch() // no Linux
  }
}

/**
 * Measures several contenders in turns (A B C A B C ...), so that a drift of the machine's speed meets all alike.
 *
 * @param measure gives one measurement of each contender
 * @returns the median of each contender's measurements after the warm-up
 */
export async function inTurns<Name extends string>(
  contenders: Record<Name, () => Promise<number>>,
  { rounds = 5, warmup = 1 }: { rounds?: number; warmup?: number } = {},
): Promise<Record<Name, number>> {
  const names = Object.keys(contenders) as Name[]
  const measured = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = -warmup; round < rounds; round++) {
    for (const name of names) {
      const value = await contenders[name]()
      if (round >= 0) measured[name].push(value)
    }
  }
  return Object.fromEntries(names.map(name => [name, median(measured[name])])) as Record<Name, number>
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A table for people. */
export function formatTable(rows: readonly BenchmarkRow[]): string {
  const cells = [
    ['case', 'metric', 'ours', 'peer', 'peer value', 'ratio'],
    ...rows.map(row => [
      row.case,
      row.metric,
      formatNumber(row.ours),
      row.peer,
      row.peerValue === null ? '-' : formatNumber(row.peerValue),
      row.ratio === null ? '-' : `${row.ratio.toFixed(2)} x`,
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map(row => row[column]!.length)))
  return cells
    .map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function formatNumber(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : value.toLocaleString('en', { maximumSignificantDigits: 4 })
}
