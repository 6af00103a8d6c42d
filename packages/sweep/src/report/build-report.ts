import type { Sweep } from '../open-sweep.ts'
import type { SweepSpec } from '../spec/sweep-spec.ts'
import { collectRows, type ReportRow } from './collect-rows.ts'
import { decideFindings, type Finding } from './findings.ts'
import { fitPowerLaw, type PowerLaw } from './fit-power-law.ts'

/** All that a sweep has found, as data. */
export interface SweepReport {
  name: string
  spec: SweepSpec
  rows: ReportRow[]
  findings: Finding[]
  /** Bits per byte as a power of the training FLOPs. */
  scaling: PowerLaw | null
  /** Cells without a result, so that nothing is missing silently. */
  missing: string[]
}

/** Builds the report of a sweep from what is done; it may be built while the sweep runs. */
export async function buildSweepReport(sweep: Sweep): Promise<SweepReport> {
  const rows = await collectRows(sweep)
  const points = rows.flatMap(({ training }) =>
    training ? [{ x: training.flops, y: training.bitsPerByte }] : [],
  )
  return {
    name: sweep.spec.name,
    spec: sweep.spec,
    rows,
    findings: decideFindings(rows),
    scaling: fitPowerLaw(points) ?? null,
    missing: rows.filter(({ training }) => training === undefined).map(({ cell }) => cell.name),
  }
}
