import { createEngine } from '../engines/create-engine.ts'
import { freeze } from '../engines/freeze.ts'
import { initialState } from '../engines/initial-state.ts'
import { checkOption, checkWhole, TrainerError } from '../errors.ts'
import { isAverageSlot } from '../optimizers/average-weights.ts'
import { legacySlotName } from '../optimizers/namespaced.ts'
import type { EngineState, TrainableModel } from '../types.ts'
import { checkIdentity } from './check-identity.ts'
import type { CheckpointProgress } from './checkpoint.ts'
import { resolveSpikeOptions } from './loss-spikes.ts'
import type { StartOptions, Trainer } from './trainer-types.ts'
import { TrainingRun } from './training-run.ts'

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
  const { optimizerState } = options
  const kept = optimizerState && { parameters: initial.parameters, optimizer: optimizerState }
  const before = checkpoint?.state ?? kept
  const state = before ? fitSlots(before, initial, checkpoint?.folder ?? 'The state given', options) : initial
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
  callbacks?.onWarning?.(`${error.problem} The optimizer starts from scratch.`)
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
