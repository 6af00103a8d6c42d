import { checkIdentity } from './check-identity.ts'
import type { CheckpointProgress } from './checkpoint-progress.ts'
import { type CreateEngineOptions, createEngine, type EngineChoice } from './engines/create-engine.ts'
import type { EvaluationResult, EvaluationSet } from './evaluate.ts'
import { initialState } from './initial-state.ts'
import type { LimitName, RunLimits } from './limits.ts'
import type { MetricsLine } from './metrics-line.ts'
import { isAverageSlot } from './optimizers/average-weights.ts'
import { legacySlotName } from './optimizers/namespaced.ts'
import type { RunStorage } from './run-storage.ts'
import type { Schedule } from './schedules.ts'
import { resolveSpikeOptions, type SpikeOptions } from './spikes.ts'
import { TrainingRun } from './training-run.ts'
import type { ArrayRecord, BatchStream, Engine, EngineState, TrainableModel } from './types.ts'

/** Options of `createTrainer` that are the same in Node and in a page. */
export interface CoreTrainerOptions extends CreateEngineOptions {
  /** An endless stream of training batches, or one that ends, and the run with it. */
  data: BatchStream
  /** Tokens of the data in one epoch, for limits in epochs. */
  tokensPerEpoch?: number
  schedule: Schedule
  /** Batches of one step: their gradients are added up before the update. Default 1. */
  accumulate?: number
  /**
   * Held-out windows, measured every so many steps (default 100) and at the end: the parameters, or their averages where
   * the optimiser keeps some.
   */
  evaluation?: EvaluationSet & { everySteps?: number }
  /** Ends the run when so many evaluations in a row brought no gain of `minGain` bits per byte (default 0). */
  earlyStopping?: { patience: number; minGain?: number }
  /** What happens when the loss leaps or a number is none. */
  spikes?: SpikeOptions
  /** A text written on the way every so many steps; it becomes a line of the metrics. */
  samples?: { everySteps: number; write(parameters: ArrayRecord, step: number): Promise<string> }
  callbacks?: TrainerCallbacks
}

/** What happens on the way. Each may be left out; one that gives a promise is waited for. */
export interface TrainerCallbacks {
  /** After every step, every evaluation and every sample. */
  onMetrics?(line: MetricsLine): void
  /** When an evaluation is the best so far, with the state whose `parameters` (or averages) gave it. */
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
  readonly passedOver: EngineChoice['passedOver']
  /** One line for people: why this engine. */
  readonly why: string
  /** The step from which `run` goes on: 0, or that of the checkpoint. */
  readonly step: number
  /** Trains until a limit is reached, the data ends, or `signal` aborts; each way it leaves a checkpoint. */
  run(limits: RunLimits): Promise<RunResult>
  /** A copy of the present parameters and optimiser state. */
  save(): Promise<EngineState>
  dispose(): Promise<void>
}

export interface StartOptions extends CoreTrainerOptions {
  storage: RunStorage | undefined
  resume?: boolean
  force?: boolean
  identity?: Record<string, string>
  checkpointEverySteps?: number
  keepBest?: boolean
}

/** Sets up a run on a storage, or on none. `createTrainer` is its front door. */
export async function startTrainer(options: StartOptions): Promise<Trainer> {
  const { model, optimizer, callbacks = {}, storage } = options
  checkOptions(options)
  const checkpoint =
    options.resume && storage
      ? await storage.checkpoints.readNewest((folder, reason) =>
          callbacks.onWarning?.(`Checkpoint ${folder} is damaged (${reason}): using the one before it.`),
        )
      : undefined
  let progress: CheckpointProgress | undefined = checkpoint?.progress
  if (checkpoint) {
    const changed = checkIdentity(checkpoint, options.identity ?? {}, options.force ?? false, callbacks)
    // A place in other data means nothing.
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

/** Another optimiser keeps other slots: it cannot go on with these, but with `force` it can begin with its own. */
function fitSlots(
  state: EngineState,
  initial: EngineState,
  folder: string,
  { force, callbacks }: StartOptions,
): EngineState {
  // A slot without parameters is kept by some engines and not by others.
  const slotsOf = ({ optimizer }: EngineState): string[] =>
    Object.keys(optimizer).filter(slot => Object.keys(optimizer[slot]!).length > 0)
  const [expected, present] = [slotsOf(initial), slotsOf(state)]
  const isState = (names: string[]): boolean => names.toSorted().join() === present.toSorted().join()
  if (isState(expected)) return state
  // A checkpoint from before parts of an optimizer had names of their own.
  if (isState(expected.map(legacySlotName))) {
    const renamed = expected.map(slot => [slot, state.optimizer[legacySlotName(slot)]!])
    return { ...state, optimizer: Object.fromEntries(renamed) as EngineState['optimizer'] }
  }
  const [there, here] = [present, expected].map(names => names.toSorted().join(', '))
  const what = `${folder} was made with another optimiser: it keeps ${there || 'nothing'}, this one ${here || 'nothing'}.`
  if (!force) throw new RangeError(`${what} Resume with the optimiser of the run, or force it to begin anew.`)
  callbacks?.onWarning?.(`${what} The optimiser begins anew, as was forced.`)
  return { parameters: state.parameters, optimizer: initial.optimizer }
}

function checkOptions(options: StartOptions): void {
  const { accumulate, evaluation, earlyStopping, samples, spikes, storage, checkpointEverySteps } = options
  const whole: [string, number | undefined][] = [
    ['accumulate', accumulate],
    ['evaluation.everySteps', evaluation?.everySteps],
    ['earlyStopping.patience', earlyStopping?.patience],
    ['samples.everySteps', samples?.everySteps],
    ['checkpointEverySteps', checkpointEverySteps],
  ]
  for (const [name, value] of whole) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`${name} must be a whole number of at least 1, not ${value}`)
    }
  }
  if (earlyStopping && !evaluation)
    throw new RangeError('earlyStopping needs evaluation: nothing is measured')
  if (earlyStopping && !((earlyStopping.minGain ?? 0) >= 0)) {
    throw new RangeError(`earlyStopping.minGain must be 0 or more, not ${earlyStopping.minGain}`)
  }
  resolveSpikeOptions(spikes)
  if (spikes?.action === 'rollback' && !storage) {
    throw new RangeError('spikes: rollback needs run.folder, where the checkpoints to go back to are')
  }
}
