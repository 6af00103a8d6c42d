import type { RunSettings } from '@tinystories/pipeline'
import type { EvaluationResult } from '@tinystories/trainer'
import type { ReadRuns, RunSummary } from './read-run.ts'

/** A comparison for programs. */
export interface RunsJson {
  version: 1
  runs: RunJson[]
  /** What could not be read and was left out. */
  problems: string[]
}

export interface RunJson {
  name: string
  folder: string
  /** Whether the best model was measured on all held-out stories. */
  ended: boolean
  /** On all held-out stories when the run has ended, else the best during training, on part of them; null: not measured. */
  bitsPerByte: number | null
  /** Step of the best evaluation during training. */
  bestStep: number | null
  score: EvaluationResult | null
  parameters: number
  steps: number
  tokens: number
  /** Of training, all segments together. */
  seconds: number
  settings: RunSettings
  evaluations: { step: number; tokens: number; seconds: number; nats: number; bitsPerByte: number }[]
}

/** The figures of runs without their curves, which are in each run's metrics.jsonl. */
export function runsJson({ runs, problems }: ReadRuns): RunsJson {
  return { version: 1, runs: runs.map(runJson), problems }
}

function runJson(run: RunSummary): RunJson {
  const { name, folder, score, bestBitsPerByte, parameters, steps, tokens, seconds, config, heldOut } = run
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
    bitsPerByte: score?.bitsPerByte ?? bestBitsPerByte ?? null,
    bestStep: evaluations.find(({ bitsPerByte }) => bitsPerByte === bestBitsPerByte)?.step ?? null,
    score: score ?? null,
    parameters,
    steps,
    tokens,
    seconds,
    settings: config,
    evaluations,
  }
}
