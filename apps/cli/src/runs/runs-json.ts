import type { EvaluationResult } from '@tinystories/trainer'
import type { RunSummary } from './read-run.ts'

/** A comparison for programs. */
export interface RunsJson {
  version: 1
  runs: RunJson[]
}

export interface RunJson {
  name: string
  folder: string
  /** Whether the best model was measured on all held-out stories. */
  ended: boolean
  /** On all held-out stories when the run has ended, else the best on the way, of part of them; null: not measured. */
  bitsPerByte: number | null
  /** Step of the best evaluation on the way. */
  bestStep: number | null
  score: EvaluationResult | null
  parameters: number
  steps: number
  tokens: number
  /** Of training, all sittings together. */
  seconds: number
  /** What config.json holds. */
  settings: Record<string, unknown>
  evaluations: { step: number; tokens: number; seconds: number; nats: number; bitsPerByte: number }[]
}

/** The figures of runs without their curves, which are in each run's metrics.jsonl. */
export function runsJson(runs: readonly RunSummary[]): RunsJson {
  return { version: 1, runs: runs.map(runJson) }
}

function runJson(run: RunSummary): RunJson {
  const { name, folder, score, bestOnTheWay, parameters, steps, tokens, seconds, config, heldOut } = run
  const evaluations = heldOut.step.map((step, i) => ({
    step,
    tokens: heldOut.tokens[i]!,
    seconds: heldOut.minutes[i]! * 60,
    nats: heldOut.loss[i]!,
    bitsPerByte: heldOut.bitsPerByte[i]!,
  }))
  return {
    name,
    folder,
    ended: score !== undefined,
    bitsPerByte: score?.bitsPerByte ?? bestOnTheWay ?? null,
    bestStep: evaluations.find(({ bitsPerByte }) => bitsPerByte === bestOnTheWay)?.step ?? null,
    score: score ?? null,
    parameters,
    steps,
    tokens,
    seconds,
    settings: config,
    evaluations,
  }
}
