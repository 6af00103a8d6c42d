import { type ProbeKind, type ProbeResult, summarizeProbes } from '@tinystories/interpret/probes'
import type { Sweep } from '../open-sweep.ts'
import type { Cell } from '../spec/expand-cells.ts'
import type { GenerateResult } from '../stages/generate-stage.ts'
import type { ProbeStageResult } from '../stages/probe-stage.ts'
import type { TrainResult } from '../stages/train-stage.ts'
import type { Json } from '../tasks/stage.ts'

/** What is known of one cell; what is missing is not done, or failed. */
export interface ReportRow {
  cell: Cell
  training: TrainResult | undefined
  /** Shares of probe items of each kind that the model passes. */
  probes: Record<ProbeKind, ProbeResult> | undefined
  /** Each phenomenon by itself. */
  phenomena: ProbeResult[] | undefined
  completions: GenerateResult['completions'] | undefined
  measures: Json | undefined
  /** Stages that failed, with the reason. */
  failures: { stage: string; message: string }[]
}

/** What the tasks of a sweep have found, a row for each cell. */
export async function collectRows({ cells, tasks, store }: Sweep): Promise<ReportRow[]> {
  const rows: ReportRow[] = []
  for (const cell of cells) {
    const results = new Map<string, Json>()
    const failures: ReportRow['failures'] = []
    for (const task of tasks) {
      if (!task.cells.includes(cell)) continue
      const result = await store.result(task)
      if (result !== undefined) results.set(task.stage.name, result)
      const message = await store.failure(task)
      if (message !== undefined) failures.push({ stage: task.stage.name, message })
    }
    const phenomena = (results.get('probe') as unknown as ProbeStageResult | undefined)?.probes
    rows.push({
      cell,
      training: results.get('train') as unknown as TrainResult | undefined,
      probes: phenomena && {
        grammar: summarizeProbes(phenomena, 'grammar'),
        facts: summarizeProbes(phenomena, 'facts'),
        reasoning: summarizeProbes(phenomena, 'reasoning'),
        context: summarizeProbes(phenomena, 'context'),
      },
      phenomena,
      completions: (results.get('generate') as unknown as GenerateResult | undefined)?.completions,
      measures: results.get('measure'),
      failures,
    })
  }
  return rows
}
