import type { EngineState } from '../types.ts'

/** What a checkpoint holds in addition to arrays. All of it is JSON. */
export interface CheckpointProgress {
  step: number
  /** Tokens seen by the optimizer. */
  tokens: number
  /** UTF-8 bytes of original text that these tokens stand for. */
  bytes: number
  /** Seconds of training, pauses left out. */
  seconds: number
  /** Batches taken from the data, skipped ones included; those of one step count as one. */
  batches: number
  /** Numbers (from 1) of the batches that are left out because training broke down on them. */
  skipped: number[]
  /** Where the data stream stood. */
  data: unknown
  /** Length of metrics.jsonl when the checkpoint was taken: what comes after is cut off on resuming. */
  metricsBytes: number
  bestBitsPerByte: number | null
  /** Step of the best evaluation: its checkpoint is kept. */
  bestStep: number | null
  /** Evaluations since the last one that was better enough, for early stopping. */
  evaluationsWithoutGain: number
  /** Step of the last evaluation, so that resuming does not evaluate it again. */
  evaluatedStep: number
  /** The losses that spikes are judged by. */
  recentLosses: number[]
}

/** Where every run begins. */
export const startOfRun: CheckpointProgress = {
  step: 0,
  tokens: 0,
  bytes: 0,
  seconds: 0,
  batches: 0,
  skipped: [],
  data: undefined,
  metricsBytes: 0,
  bestBitsPerByte: null,
  bestStep: null,
  evaluationsWithoutGain: 0,
  evaluatedStep: 0,
  recentLosses: [],
}

/** A checkpoint as it was read. */
export interface Checkpoint {
  folder: string
  progress: CheckpointProgress
  state: EngineState
  /** Fingerprints of what the run was made with, by name: `model`, `tokenizer`, `data`. */
  identity: Record<string, string>
  config: unknown
  versions: Record<string, string>
}
