import { type CreateEngineOptions, createEngine, type EngineChoice } from '../engines/create-engine.ts'
import type { EvaluationResult, EvaluationSet } from '../engines/evaluate-on.ts'
import { freeze } from '../engines/freeze.ts'
import { initialState } from '../engines/initial-state.ts'
import { checkOption, checkWhole, TrainerError } from '../errors.ts'
import type { MetricsLine } from '../logging/metrics-line.ts'
import { isAverageSlot } from '../optimizers/average-weights.ts'
import { legacySlotName } from '../optimizers/namespaced.ts'
import type { Schedule } from '../optimizers/schedules.ts'
import type { ArrayRecord, BatchStream, Engine, EngineState, TrainableModel } from '../types.ts'
import { checkIdentity } from './check-identity.ts'
import type { CheckpointProgress } from './checkpoint.ts'
import type { LimitName, RunLimits } from './limits.ts'
import { resolveSpikeOptions, type SpikeOptions } from './loss-spikes.ts'
import type { RunStorage } from './run-storage.ts'
import { TrainingRun } from './training-run.ts'

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

export interface StartOptions extends CoreTrainerOptions {
  storage: RunStorage | undefined
  resume?: boolean
  force?: boolean
  identity?: Record<string, string>
  checkpointEverySteps?: number
  checkpointEverySeconds?: number
  keepBest?: boolean
}

/** Sets up a run with or without a storage; the API is `createTrainer`. */
export async function startTrainer({ freeze: patterns = [], ...given }: StartOptions): Promise<Trainer> {
  const options =
    patterns.length === 0 ? given : { ...given, ...freeze(patterns, given.model, given.optimizer) }
  const { model, optimizer, callbacks = {}, storage } = options
  checkOptions(options)
  const checkpoint =
    options.resume && storage
      ? await storage.checkpoints.readNewest((folder, problem) =>
          callbacks.onWarning?.(`Checkpoint ${folder} is damaged (${problem}): using the one before it.`),
        )
      : undefined
  let progress: CheckpointProgress | undefined = checkpoint?.progress
  if (checkpoint) {
    const changed = checkIdentity(checkpoint, options.identity ?? {}, options.force ?? false, callbacks)
    // A position in other data means nothing.
    if (changed.includes('data')) progress = { ...checkpoint.progress, data: undefined }
  }
  const initial = await initialState(model.parameters, optimizer)
  const state = checkpoint ? fitSlots(checkpoint.state, initial, checkpoint.folder, options) : initial
  const choice = await createEngine(options)
  try {
    await choice.engine.load(state, { transfer: true })
    return new TrainingRun({
      ...options,
      ...choice,
      progress,
      weights: Object.keys(state.optimizer).some(isAverageSlot) ? 'average' : 'parameters',
      spikes: resolveSpikeOptions(options.spikes),
    })
  } catch (error) {
    await choice.engine.dispose()
    throw error
  }
}

export function shapesOf({ parameters }: TrainableModel): Record<string, number[]> {
  return Object.fromEntries(Object.entries(parameters).map(([name, p]) => [name, p.shape]))
}

/** Another optimizer keeps other slots and cannot use these; with `force` it starts with its own. */
function fitSlots(
  state: EngineState,
  initial: EngineState,
  checkpoint: string,
  { force, callbacks }: StartOptions,
): EngineState {
  // A slot without parameters is kept by some engines and not by others.
  const slotsOf = ({ optimizer }: EngineState): string[] =>
    Object.keys(optimizer).filter(slot => Object.keys(optimizer[slot]!).length > 0)
  const [expected, found] = [slotsOf(initial), slotsOf(state)]
  const isState = (names: string[]): boolean => names.toSorted().join() === found.toSorted().join()
  if (isState(expected)) return state
  // A checkpoint from before parts of an optimizer had names of their own.
  if (isState(expected.map(legacySlotName))) {
    const renamed = expected.map(slot => [slot, state.optimizer[legacySlotName(slot)]!])
    return { ...state, optimizer: Object.fromEntries(renamed) as EngineState['optimizer'] }
  }
  const error = new TrainerError('other-optimizer', { checkpoint, found, expected })
  if (!force) throw error
  callbacks?.onWarning?.(`${error.problem} The optimizer starts anew.`)
  return { parameters: state.parameters, optimizer: initial.optimizer }
}

function checkOptions(options: StartOptions): void {
  const { accumulate, evaluation, earlyStopping, samples, spikes, storage, checkpointEverySteps } = options
  const { checkpointEverySeconds = 1 } = options
  checkWhole('accumulate', accumulate)
  checkWhole('evaluation.everySteps', evaluation?.everySteps)
  checkWhole('earlyStopping.patience', earlyStopping?.patience)
  checkWhole('samples.everySteps', samples?.everySteps)
  checkWhole('checkpointEverySteps', checkpointEverySteps)
  checkOption('checkpointEverySeconds', checkpointEverySeconds, checkpointEverySeconds > 0, 'above 0')
  const minGain = earlyStopping?.minGain ?? 0
  checkOption('earlyStopping.minGain', minGain, minGain >= 0, '0 or more')
  if (earlyStopping && !evaluation)
    throw new TrainerError('missing-option', { option: 'evaluation', neededBy: 'earlyStopping' })
  if (resolveSpikeOptions(spikes).action === 'rollback' && !storage)
    throw new TrainerError('missing-option', { option: 'run.folder', neededBy: "spikes.action: 'rollback'" })
}
