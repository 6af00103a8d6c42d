import type { CreateEngineOptions, EngineChoice } from '../engines/create-engine.ts'
import type { EvaluationResult, EvaluationSet } from '../engines/evaluate-on.ts'
import type { MetricsLine } from '../logging/metrics-line.ts'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { Schedule } from '../optimizers/schedules.ts'
import type { ArrayRecord, BatchStream, Engine, EngineState } from '../types.ts'
import type { LimitName, RunLimits } from './limits.ts'
import type { SpikeOptions } from './loss-spikes.ts'
import type { RunStorage } from './run-storage.ts'

/** Options of `createTrainer` that are the same in Node and in a page. */
export interface CoreTrainerOptions extends CreateEngineOptions {
  /** An endless stream of training batches, or one whose end ends the run. */
  data: BatchStream
  /** Tokens of the data in one epoch, for limits in epochs. */
  tokensPerEpoch?: number
  schedule: Schedule
  /** Batches of one step: their gradients are summed before the update. Default 1. */
  accumulate?: number
  /**
   * Held-out windows, evaluated every so many steps (default 100) and at the end: with the parameters, or with their
   * averages where the optimizer keeps them.
   */
  evaluation?: EvaluationSet & { everySteps?: number }
  /** Ends the run when so many evaluations in a row brought no gain of `minGain` bits per byte (default 0). */
  earlyStopping?: { patience: number; minGain?: number }
  /** What happens after a loss spike, or when a loss or gradient is not a number. */
  spikes?: SpikeOptions
  /** A text generated every so many steps; it becomes a line of the metrics. */
  samples?: { everySteps: number; write(parameters: ArrayRecord, step: number): Promise<string> }
  /** State of the optimizer that a new run starts with, from a checkpoint of another one. Default: its initial one. */
  optimizerState?: EngineState['optimizer']
  /**
   * Parameters that are not trained: patterns of their names, in which `*` stands for any characters, such as
   * `layers.0.*`. Default: none.
   */
  freeze?: readonly string[]
  callbacks?: TrainerCallbacks
}

/** Called during a run. Each may be left out; a promise that `onBest` returns is awaited. */
export interface TrainerCallbacks {
  /** After every step, every evaluation and every sample. */
  onMetrics?(line: MetricsLine): void
  /** When an evaluation is the best so far, with the state whose `parameters` (or averages) were evaluated. */
  onBest?(result: EvaluationResult, state: EngineState): void | Promise<void>
  /** When a checkpoint is on disk. */
  onCheckpoint?(folder: string): void
  /** A damaged checkpoint, a spike, a rollback, something that could not be written and will be tried again. */
  onWarning?(message: string): void
}

/** How a run ended. */
export interface RunResult {
  status: 'finished' | 'aborted'
  /** Why the run ended: the limit that was reached, the end of the data, no more gain, or the signal. */
  reason: LimitName | 'data' | 'early-stopping' | 'signal'
  step: number
  tokens: number
  seconds: number
  /** The last evaluation and the best, by bits per byte. */
  evaluation: EvaluationResult | undefined
  bestBitsPerByte: number | null
}

/** A training run: see `createTrainer`. */
export interface Trainer {
  readonly engine: Engine
  /** As the engine has it: `freeze` gives its slots and scalars other names. */
  readonly optimizer: Optimizer
  readonly skippedEngines: EngineChoice['skippedEngines']
  readonly selectionReason: EngineChoice['selectionReason']
  /** The step from which `run` continues: 0, or that of the checkpoint. */
  readonly step: number
  /** Trains until a limit is reached, the data ends, or `signal` aborts; in each case it leaves a checkpoint. */
  run(limits: RunLimits): Promise<RunResult>
  /** A copy of the present parameters and optimizer state. */
  save(): Promise<EngineState>
  dispose(): Promise<void>
}

/** Options of `startTrainer`. */
export interface StartOptions extends CoreTrainerOptions {
  storage: RunStorage | undefined
  resume?: boolean
  force?: boolean
  identity?: Record<string, string>
  checkpointEverySteps?: number
  checkpointEverySeconds?: number
  keepBest?: boolean
}
