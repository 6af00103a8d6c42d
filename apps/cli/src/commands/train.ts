import { rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { countParameters, initParameters, modelCost } from '@tinystories/model'
import { encodeSafetensors, loadPretrainedArrays, openSafetensors } from '@tinystories/model/files'
import {
  createOptimizer,
  createSchedule,
  evaluationSet,
  trainableModel,
  trainingBatches,
} from '@tinystories/pipeline/recipe'
import type { Tokenizer } from '@tinystories/tokenizer'
import {
  createTrainer,
  evaluateOn,
  metricsCsv,
  openTensorBoardFile,
  type RunLimits,
  type RunResult,
  type StepLine,
  type TensorBoardFile,
  TrainerError,
} from '@tinystories/trainer'
import { LockError } from '@tinystories/utils/disk'
import { interruptible } from '../interrupts.ts'
import { lossCurve } from '../loss-curve.ts'
import { forDisplay } from '../paths.ts'
import { formatDuration, Progress } from '../progress.ts'
import { type RunFolder, removeUnbegun, writeWhole } from '../run-folder.ts'
import { saveModel } from '../stories.ts'
import { engineOptions } from '../train/engine-options.ts'
import { findSettings } from '../train/find-settings.ts'
import { fingerprints } from '../train/fingerprints.ts'
import { measureMachineRate } from '../train/machine-rate.ts'
import { openTrainingStories } from '../train/open-data.ts'
import { openTracker } from '../train/open-tracker.ts'
import { planNewRun, prepareRun, writeSettings } from '../train/prepare.ts'
import { sampleWriter } from '../train/sample-writer.ts'
import type { RunSettings, TrainFlags } from '../train/settings.ts'
import {
  dataName,
  type Note,
  readMetrics,
  tellInterruption,
  tellScore,
  tellStory,
  withResumeCommand,
} from '../train/tell.ts'
import { tellNeeds } from '../train/tell-needs.ts'
import { UserError } from '../user-error.ts'

/** Stories measured during a run; the whole held-out set is measured at its end. */
const storiesPerEvaluation = 128

/**
 * Trains a tokenizer and a model and leaves a run folder: settings, tokenizer, metrics, loss curve, checkpoints,
 * the best model, one story.
 *
 * @returns the exit code: 0, or 130 when interrupted (a checkpoint is written first).
 */
export function train(flags: TrainFlags): Promise<number> {
  const note: Note = text => console.log(text)
  const isSearch = flags.findLearningRate || flags.findBatchSize
  return interruptible(
    signal => (isSearch ? find(flags, note, signal) : trainRun(flags, note, signal)),
    () => note(isSearch ? 'Interrupted.' : 'Interrupted before the first step: nothing has changed.'),
  )
}

async function trainRun(flags: TrainFlags, note: Note, signal: AbortSignal): Promise<number> {
  const { run, settings, tokenizer } = await prepareRun(flags, note, signal)
  const abandon = async (error: unknown): Promise<never> => {
    // A folder that is locked belongs to a run that began at the same moment.
    if (flags.resume === undefined && !LockError.isInstance(error)) {
      await removeUnbegun(run)
      // The folder of all runs, where this was to be its first.
      if (flags.out === undefined) await rmdir(dirname(run.folder)).catch(() => {})
    }
    throw withForce(error)
  }
  const opened = await openRun(run, settings, tokenizer, signal).catch(abandon)
  const { model, stories, windows, evaluation, identity } = opened
  const { limits, patience, sampleEvery, tokensPerEpoch } = settings
  const progress = new Progress({
    shareDone: shareDone(settings),
    steps: limits.steps ?? undefined,
    flopsPerToken: modelCost(settings.model).flopsPerToken.training,
    ...(process.stdout.isTTY ? { peakFlops: await machineRate(settings) } : {}),
  })
  const warn = (text: string): void => progress.note(`Warning: ${text}`)
  const tracker =
    flags.tracker === undefined
      ? undefined
      : await openTracker(flags.tracker, { folder: run.folder, settings }, warn).catch(abandon)
  let events: TensorBoardFile | undefined
  let result: RunResult | undefined
  const optimizer = createOptimizer(settings)
  const trainer = await createTrainer({
    model,
    data: trainingBatches(stories.train, {
      tokenizer,
      contextLength: settings.model.contextLength,
      batchSize: settings.batchSize,
      seed: settings.seed,
    }),
    ...(tokensPerEpoch === null ? {} : { tokensPerEpoch }),
    optimizer,
    schedule: createSchedule(settings),
    accumulate: settings.accumulate,
    ...engineOptions(settings),
    evaluation: { ...evaluation, everySteps: settings.evaluateEvery },
    ...(patience === null ? {} : { earlyStopping: { patience } }),
    spikes: { action: settings.onSpike },
    ...(sampleEvery === null
      ? {}
      : { samples: { everySteps: sampleEvery, write: sampleWriter(settings, tokenizer) } }),
    run: {
      folder: run.folder,
      format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
      checkpointEverySteps: settings.checkpointEvery,
      keepCheckpoints: settings.keepCheckpoints,
      identity,
      config: settings,
    },
    resume: flags.resume !== undefined,
    force: flags.force ?? false,
    callbacks: {
      onMetrics(line) {
        progress.update(line)
        events?.append(line)
        tracker?.onMetrics(line)
      },
      onWarning: warn,
      async onBest(_result, state) {
        await saveModel(run.model, settings.model, state.parameters, tokenizer)
      },
    },
  }).catch(async error => {
    await tracker?.finish(undefined)
    return abandon(error)
  })
  // Later resumes go on with what was forced.
  if (flags.resume !== undefined && flags.force) await writeSettings(run, settings)
  try {
    const { engine, skippedEngines, selectionReason } = trainer
    for (const { name, error } of skippedEngines.filter(({ name }) => name === 'compiled')) {
      note(`Engine ${name} is not used: ${error.message}`)
    }
    note(
      `Model: ${settings.model.layers} ${settings.model.layers === 1 ? 'layer' : 'layers'}, hidden ${settings.model.hiddenSize}, ${settings.model.heads} heads, context ${settings.model.contextLength}, ${countParameters(settings.model).total.toLocaleString('en')} parameters`,
    )
    note(`Engine: ${engine.name} (${engine.description}; ${selectionReason})`)
    note(`Run folder: ${forDisplay(run.folder)}`)
    if (trainer.step === 0) await tellNeeds(note, settings, trainer, optimizer)
    if (flags.tensorboard) {
      events = await openTensorBoardFile(run.tensorboard, trainer.step + 1)
      note(`TensorBoard: tensorboard --logdir ${forDisplay(run.tensorboard)}`)
    }
    result = await trainer.run({ ...runLimits(settings), signal })
    progress.end()
    const lines = await readMetrics(run)
    await writeWhole(run.metricsTable, metricsCsv(lines))
    await writeWhole(run.lossCurve, lossCurve(lines, { title: `Bits per byte, ${dataName(settings)}` }))
    if (result.status === 'aborted') return tellInterruption(note, run, result.step)
    if (result.reason === 'early-stopping') note(`${patience} evaluations in a row brought no gain.`)
    note(
      `Trained ${result.step} steps, ${result.tokens.toLocaleString('en')} tokens in ${formatDuration(result.seconds)}`,
    )
    // The best parameters, which may be of an earlier step, and of an earlier sitting.
    const best = await loadPretrainedArrays(run.model)
    await engine.load({ parameters: best.parameters, optimizer: (await trainer.save()).optimizer })
    const everything = await evaluationSet(stories.heldOut, windows)
    const score = await evaluateOn(engine, everything, signal)
    await writeWhole(`${run.model}/evaluation.json`, `${JSON.stringify(score, null, 2)}\n`)
    tellScore(note, settings, score)
  } catch (error) {
    // Only the interruption itself: a checkpoint that could not be written after Ctrl-C is a failure, and told as one.
    if (error === signal.reason) return tellInterruption(note, run, limits.steps ?? undefined)
    throw await withResumeCommand(error, run)
  } finally {
    progress.end()
    await trainer.dispose()
    await events?.close()
    await tracker?.finish(result)
  }
  await tellStory(note, run, settings)
  return 0
}

/** What a run begins with: its model, its stories, those to measure it on, and what tells whether they are the same. */
async function openRun(run: RunFolder, settings: RunSettings, tokenizer: Tokenizer, signal: AbortSignal) {
  await useBackend('cpu')
  const { model: config, batchSize, seed } = settings
  const model = trainableModel(config, initParameters(config, seed), settings)
  const stories = await openTrainingStories(settings)
  const windows = { tokenizer, contextLength: config.contextLength, batchSize, signal }
  const evaluation = await evaluationSet(stories.heldOut, { ...windows, sampleSize: storiesPerEvaluation })
  return { model, stories, windows, evaluation, identity: await fingerprints(run, settings) }
}

/** Undefined where ONNX Runtime is not there: the view then shows the rate alone. */
async function machineRate({ threads }: RunSettings): Promise<number | undefined> {
  return measureMachineRate(threads ?? undefined).catch(() => undefined)
}

function runLimits({ limits }: RunSettings): RunLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null))
}

function shareDone({ limits, tokensPerEpoch }: RunSettings): (line: StepLine) => number {
  const { steps, tokens, epochs, minutes } = limits
  return line =>
    Math.max(
      line.step / (steps ?? Number.POSITIVE_INFINITY),
      line.tokens / (tokens ?? Number.POSITIVE_INFINITY),
      line.tokens / ((epochs ?? Number.POSITIVE_INFINITY) * (tokensPerEpoch ?? 1)),
      line.seconds / ((minutes ?? Number.POSITIVE_INFINITY) * 60),
    )
}

/** Words an error that --force overrides. */
function withForce(error: unknown): unknown {
  const canForce =
    TrainerError.isInstance(error) && (error.code === 'other-identity' || error.code === 'other-optimizer')
  if (!canForce) return error
  return new UserError(
    `${error.problem} Resume with what the run was made with, start a new run, or force it with --force.`,
    { cause: error },
  )
}

async function find(flags: TrainFlags, note: Note, signal: AbortSignal): Promise<number> {
  if (flags.resume !== undefined || flags.out !== undefined) {
    throw new UserError(
      '--find-learning-rate and --find-batch-size leave no run: leave out --resume and --out.',
    )
  }
  if (flags.findLearningRate && flags.findBatchSize) {
    throw new UserError(
      '--find-learning-rate and --find-batch-size: look for one after the other, the batch size first, because the best rate depends on it.',
    )
  }
  const { settings, tokenizer } = await planNewRun(flags, note, signal)
  await useBackend('cpu')
  const what = flags.findLearningRate ? 'learning-rate' : 'batch-size'
  await findSettings(what, settings, tokenizer, note, signal)
  return 0
}
