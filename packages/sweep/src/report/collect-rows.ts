import { clusteredMean } from '@tinystories/grader/statistics'
import { type ProbeKind, type ProbeResult, summarizeProbes } from '@tinystories/interpret/probes'
import type { Sweep } from '../open-sweep.ts'
import type { Cell } from '../spec/expand-cells.ts'
import type { EmergencePoint, EmergenceResult } from '../stages/emergence-stage.ts'
import type { GeneratedAnswer, GeneratedCompletion, GenerateResult } from '../stages/generate-stage.ts'
import type { GradedCompletion, GradeResult } from '../stages/grade-stage.ts'
import type { InstructResult } from '../stages/instruct-stage.ts'
import type { MeasureResult } from '../stages/measure-stage.ts'
import type { PrepareResult } from '../stages/prepare-stage.ts'
import type { ProbeStageResult } from '../stages/probe-stage.ts'
import type { TrainResult } from '../stages/train-stage.ts'
import type { Json } from '../tasks/stage.ts'

/** Scores of a cell's completions by one judge, or the offline estimate. */
export interface RowGrades {
  judge: string
  rubricVersion: string
  /** With 95 % intervals, clustered by prompt; on the criterion's own scale. */
  criteria: {
    name: string
    label: string
    min: number
    max: number
    mean: number
    interval: readonly [low: number, high: number]
  }[]
  gradings: GradedCompletion[]
  ungraded: number
}

/** What is known of one cell; what is missing is not done, or failed. */
export interface ReportRow {
  cell: Cell
  /** What its done stages are known by, by their names: see `parseKeptResults`. */
  tasks: Record<string, string>
  /** The vocabulary, and the stories and tokens of the training. */
  prepared: PrepareResult | undefined
  training: TrainResult | undefined
  /** Shares of probe items of each kind that the model passes. */
  probes: Record<ProbeKind, ProbeResult> | undefined
  /** Each phenomenon by itself. */
  phenomena: ProbeResult[] | undefined
  /** Probe shares during the training. */
  emergence: EmergencePoint[] | undefined
  completions: GeneratedCompletion[] | undefined
  answers: GeneratedAnswer[] | undefined
  /** Of training stories that were cut; null where one does not fit. */
  continuations: GenerateResult['continuations'] | undefined
  measures: MeasureResult | undefined
  grades: RowGrades | undefined
  /** Words that an instruct model was asked for, and how many it used. */
  instruction: InstructResult | undefined
  /** Stages that failed, with the reason. */
  failures: { stage: string; message: string }[]
}

/** What the tasks of a sweep have found, a row for each cell. */
export async function collectRows({ cells, tasks, store }: Sweep): Promise<ReportRow[]> {
  const rows: ReportRow[] = []
  for (const cell of cells) {
    const results = new Map<string, Json>()
    const ids: Record<string, string> = {}
    const failures: ReportRow['failures'] = []
    for (const task of tasks) {
      if (!task.cells.includes(cell)) continue
      const result = await store.result(task)
      if (result !== undefined) {
        results.set(task.stage.name, result)
        ids[task.stage.name] = task.id
      }
      const message = await store.failure(task)
      if (message !== undefined) failures.push({ stage: task.stage.name, message })
    }
    // The store hands out what the stages of this release left: see `TaskStore.result`.
    const resultOf = <T>(stage: string): T | undefined => results.get(stage) as unknown as T | undefined
    const phenomena = resultOf<ProbeStageResult>('probe')?.probes
    const generated = resultOf<GenerateResult>('generate')
    rows.push({
      cell,
      tasks: ids,
      prepared: resultOf<PrepareResult>('prepare'),
      training: resultOf<TrainResult>('train'),
      probes: phenomena && {
        grammar: summarizeProbes(phenomena, 'grammar'),
        facts: summarizeProbes(phenomena, 'facts'),
        reasoning: summarizeProbes(phenomena, 'reasoning'),
        context: summarizeProbes(phenomena, 'context'),
      },
      phenomena,
      emergence: resultOf<EmergenceResult>('emergence')?.points,
      completions: generated?.completions,
      answers: generated?.answers,
      continuations: generated?.continuations,
      measures: resultOf<MeasureResult>('measure'),
      grades: summarizeGrades(resultOf<GradeResult>('grade')),
      instruction: resultOf<InstructResult>('instruct'),
      failures,
    })
  }
  return rows
}

function summarizeGrades(result: GradeResult | undefined): RowGrades | undefined {
  if (result === undefined) return undefined
  const { judge, rubricVersion, criteria, gradings, ungraded } = result
  return {
    ...{ judge, rubricVersion, gradings, ungraded },
    criteria: criteria.map(criterion => {
      const { mean, interval } = clusteredMean(scoresOf(gradings, criterion.name), {
        scale: [criterion.min, criterion.max],
      })
      return { ...criterion, mean, interval }
    }),
  }
}

/** Scores of one criterion with the prompts that they belong to. */
export function scoresOf(
  gradings: readonly GradedCompletion[],
  criterion: string,
): { cluster: string; value: number }[] {
  return gradings.flatMap(({ promptId: cluster, scores }) => {
    const value = scores[criterion]
    return value === undefined ? [] : [{ cluster, value }]
  })
}

/** Models that differ in hidden size, layers and seed alone: the most tokens, the most heads, the usual recipe. */
export function mainRows(rows: readonly ReportRow[]): ReportRow[] {
  const plain = rows.filter(({ cell }) => cell.data === null && cell.learningRate === null && !cell.instruct)
  const recipes = plain.map(({ cell }) => cell.recipe)
  const count = (recipe: string | null): number => recipes.filter(each => each === recipe).length
  const [usual = null] = [...new Set(recipes)].sort((a, b) => count(b) - count(a))
  const ofRecipe = plain.filter(({ cell }) => cell.recipe === usual)
  const most = Math.max(...ofRecipe.map(({ cell }) => cell.tokens))
  const same = (a: Cell, b: Cell): boolean => a.hidden === b.hidden && a.layers === b.layers
  return ofRecipe.filter(
    ({ cell }) =>
      cell.tokens === most &&
      ofRecipe.every(other => !same(cell, other.cell) || other.cell.heads <= cell.heads),
  )
}
