import type { Sweep } from '../open-sweep.ts'
import type { SweepSpec } from '../spec/sweep-spec.ts'
import { collectRows, mainRows, type ReportRow } from './collect-rows.ts'
import type { Finding } from './finding.ts'
import { decideFindings } from './findings.ts'
import { fitPowerLaw, type PowerLaw } from './fit-power-law.ts'

/** All that a sweep has found, as data. */
export interface SweepReport {
  name: string
  spec: SweepSpec
  /** What the models continued; `text` is null where the sweep does not repeat it. */
  prompts: { id: string; text: string | null }[]
  rows: ReportRow[]
  findings: Finding[]
  /** Bits per byte as a power of the training FLOPs. */
  scaling: PowerLaw | null
  /** Stages without a result, by cell, so that nothing is missing silently. */
  missing: { cell: string; stages: string[] }[]
}

/** Builds the report of a sweep from what is done; it may be built while the sweep runs. */
export async function buildSweepReport(sweep: Sweep): Promise<SweepReport> {
  const { spec, cells, tasks, store, prompts } = sweep
  const rows = await collectRows(sweep)
  const points = mainRows(rows).flatMap(({ training }) =>
    training ? [{ x: training.flops, y: training.bitsPerByte }] : [],
  )
  const missing = new Map(cells.map(({ name }) => [name, [] as string[]]))
  for (const task of tasks)
    if ((await store.result(task)) === undefined)
      for (const { name } of task.cells) missing.get(name)!.push(task.stage.name)
  return {
    name: spec.name,
    spec,
    prompts: prompts.map(({ id, text, isQuotable }) => ({ id, text: isQuotable ? text : null })),
    rows,
    findings: decideFindings(rows),
    scaling: fitPowerLaw(points) ?? null,
    missing: [...missing].flatMap(([cell, stages]) => (stages.length === 0 ? [] : [{ cell, stages }])),
  }
}
