import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArrayFormat, CheckpointStore } from './checkpoints.ts'
import { createEngine, type EngineChoice, type EngineName } from './engines/create-engine.ts'
import type { EvaluationResult, EvaluationSet } from './evaluate.ts'
import { initialState } from './initial-state.ts'
import type { MetricsLine } from './metrics.ts'
import type { Optimizer } from './optimizers/optimizer.ts'
import type { Schedule } from './schedules.ts'
import { TrainingRun } from './training-run.ts'
import type { BatchStream, Engine, EngineState, TrainableModel } from './types.ts'

export interface TrainerOptions {
  model: TrainableModel
  /** An endless stream of training batches, or one that ends, and the run with it. */
  data: BatchStream
  optimizer: Optimizer
  schedule: Schedule
  /** Default `auto`, see `createEngine`. */
  engine?: EngineName | 'auto'
  /** Threads of the compiled engine. Default: one for each core. */
  threads?: number
  /** Held-out windows, measured every so many steps (default 100) and at the end. */
  evaluation?: EvaluationSet & { everySteps?: number }
  /** Where metrics and checkpoints go; without it the run leaves nothing on disk. */
  run?: {
    folder: string
    format: ArrayFormat
    /** Default 200. */
    checkpointEverySteps?: number
    /** How many checkpoints to keep. Default 2. */
    keepCheckpoints?: number
  }
  callbacks?: TrainerCallbacks
}

export interface TrainerCallbacks {
  /** After every step and every evaluation. */
  onMetrics?(line: MetricsLine): void
  /** When an evaluation is the best so far, with the parameters that gave it. */
  onBest?(result: EvaluationResult, state: EngineState): void | Promise<void>
  onCheckpoint?(folder: string): void
  /** A checkpoint was damaged and an older one is used. */
  onWarning?(message: string): void
}

export interface RunLimits {
  /** Steps in all, those before a resume included. */
  steps?: number
  /** Minutes of training in all, evaluations included. */
  minutes?: number
  signal?: AbortSignal
}

export interface RunResult {
  /** Why the run ended. */
  status: 'finished' | 'aborted'
  step: number
  tokens: number
  seconds: number
  /** The last evaluation and the best, by bits per byte. */
  evaluation: EvaluationResult | undefined
  bestBitsPerByte: number | null
}

/** A training run: see {@link createTrainer}. */
export interface Trainer {
  readonly engine: Engine
  readonly passedOver: EngineChoice['passedOver']
  /** Trains until a limit is reached, the data ends, or `signal` aborts; each way it leaves a checkpoint. */
  run(limits: RunLimits): Promise<RunResult>
  /** A copy of the present parameters and optimiser state. */
  save(): Promise<EngineState>
  dispose(): Promise<void>
}

/**
 * Sets up a run: the engine, the initial state or the newest whole checkpoint (`resume`), the metrics file.
 *
 * @throws what the engine throws when it is not there, and CheckpointError when there is nothing to resume.
 */
export async function createTrainer(options: TrainerOptions & { resume?: boolean }): Promise<Trainer> {
  const { model, optimizer, callbacks = {}, run } = options
  const shapes = Object.fromEntries(Object.entries(model.parameters).map(([name, p]) => [name, p.shape]))
  const store = run
    ? new CheckpointStore({
        folder: join(run.folder, 'checkpoints'),
        format: run.format,
        shapes,
        ...(run.keepCheckpoints === undefined ? {} : { keep: run.keepCheckpoints }),
      })
    : undefined
  const checkpoint =
    options.resume && store
      ? await store.readNewest((folder, reason) =>
          callbacks.onWarning?.(`Checkpoint ${folder} is damaged (${reason}): using the one before it.`),
        )
      : undefined
  const initial = checkpoint?.state ?? (await initialState(model.parameters, optimizer))
  const { engine, passedOver } = await createEngine(options)
  try {
    await engine.load(initial)
    if (store) await mkdir(store.folder, { recursive: true })
    return new TrainingRun({ ...options, store, engine, passedOver, progress: checkpoint?.progress })
  } catch (error) {
    await engine.dispose()
    throw error
  }
}

/** Continues the run whose checkpoints are in `options.run.folder`: `createTrainer` with `resume`. */
export function resumeTrainer(options: TrainerOptions): Promise<Trainer> {
  return createTrainer({ ...options, resume: true })
}
