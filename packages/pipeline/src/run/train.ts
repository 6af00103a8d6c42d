import { loadPretrainedArrays } from '@tinystories/model/files'
import { createWasmModel } from '@tinystories/model/generation'
import {
  evaluateOn,
  type MetricsLine,
  metricsCsv,
  openTensorBoardFile,
  type RunLimits,
  type RunResult,
  type TensorBoardFile,
  type Trainer,
} from '@tinystories/trainer'
import { LockError, writeFileAtomically } from '@tinystories/utils/disk'
import { evaluationSet } from '../recipe/batches.ts'
import { writeStory } from '../recipe/write-story.ts'
import { fitSteps } from './fit-steps.ts'
import { lossCurve } from './loss-curve.ts'
import { type PreparedRun, writeSettings } from './prepare-run.ts'
import { readMetrics } from './read-metrics.ts'
import { engineParameters } from './run-model.ts'
import { measureNeeds, plannedTokens } from './run-needs.ts'
import { type RunSettings, windowLength } from './run-settings.ts'
import { startTrainer } from './start-trainer.ts'
import type { TrainEvent } from './train-event.ts'

/** Options of {@link train}. */
export interface TrainOptions {
  /** Also write event files for TensorBoard into the run folder. */
  tensorboard?: boolean
  /** Stops the run, with a checkpoint. */
  signal?: AbortSignal
  onEvent?: (event: TrainEvent) => void
}

/**
 * Trains a prepared run and leaves in its folder metrics, loss curve, checkpoints, the best model with its score, and
 * one story. A run that fails before its first step is taken away again.
 *
 * @returns how training ended, after `signal` too
 * @throws what the trainer throws; the reason of `signal` when the run stops before or after training
 */
export async function train(
  prepared: PreparedRun,
  { tensorboard = false, signal, onEvent }: TrainOptions = {},
): Promise<RunResult> {
  const { run, resume } = prepared
  let { settings } = prepared
  let trainer: Trainer | undefined
  let events: TensorBoardFile | undefined
  let failure: unknown
  try {
    const onWarning = (message: string): void => onEvent?.({ type: 'warning', message })
    const onMetrics = (line: MetricsLine): void => {
      events?.append(line)
      onEvent?.({ type: 'metrics', line })
    }
    trainer = await startTrainer(prepared, { onMetrics, onWarning }, signal)
    // Later resumes continue with what was forced.
    if (resume?.force) await writeSettings(run, settings)
    const { step } = trainer
    const needs = step === 0 ? await measureNeeds(settings, trainer) : undefined
    const fitted = needs && settings.fit && fitSteps(settings, settings.fit, needs.tokensPerSecond)
    if (fitted) {
      // From here on the run is one of so many steps, on whatever machine it is gone on with.
      settings = { ...settings, fit: null, limits: { ...settings.limits, steps: fitted.steps } }
      await writeSettings(run, settings)
    }
    if (tensorboard) events = await openTensorBoardFile(run.tensorboard, step + 1)
    onEvent?.({ type: 'start', run, settings, trainer, tensorboard })
    if (fitted) onEvent?.({ type: 'fitted', ...fitted })
    if (needs) {
      const planned = plannedTokens(settings, needs.tokensPerSecond)
      onEvent?.({ type: 'needs', ...needs, plannedTokens: planned })
    }
    const result = await trainer.run({ ...limitsOf(settings), ...(signal && { signal }) })
    await writeCurves(prepared)
    onEvent?.({ type: 'end', result })
    if (result.status === 'aborted') return result
    await writeScore(prepared, trainer, signal, onEvent)
    await writeSampleStory(prepared, signal, onEvent)
    return result
  } catch (error) {
    failure = error
    throw error
  } finally {
    await trainer?.dispose()
    await events?.close()
    // A folder that is locked belongs to a run that began at the same moment.
    if (failure !== undefined && !LockError.isInstance(failure)) await prepared.removeEmptyRun()
  }
}

function limitsOf({ limits }: RunSettings): RunLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== null))
}

async function writeCurves({ run, settings }: PreparedRun): Promise<void> {
  const { lines } = await readMetrics(run.metrics)
  await writeFileAtomically(run.metricsTable, metricsCsv(lines))
  const data = settings.data.replace(/^.*[\\/]/, '')
  const title = `Bits per byte, ${data === 'sample' ? 'the bundled corpus' : data}`
  await writeFileAtomically(run.lossCurve, lossCurve(lines, { title }))
}

/** Scores the best weights, which may be those of an earlier step, on all held-out stories. */
async function writeScore(
  { run, settings, source }: PreparedRun,
  trainer: Trainer,
  signal: AbortSignal | undefined,
  onEvent: TrainOptions['onEvent'],
): Promise<void> {
  const { parameters } = await loadPretrainedArrays(run.model)
  await trainer.engine.load({
    parameters: engineParameters(settings, parameters),
    optimizer: (await trainer.save()).optimizer,
  })
  const everything = await evaluationSet(source.heldOut, {
    tokenizer: source.tokenizer,
    contextLength: windowLength(settings),
    batchSize: settings.batchSize,
    prompts: source.instruct !== null,
    signal,
  })
  const score = await evaluateOn(trainer.engine, everything, signal)
  await writeFileAtomically(run.evaluation, `${JSON.stringify(score, null, 2)}\n`)
  onEvent?.({ type: 'score', score })
}

async function writeSampleStory(
  { run, settings: { prompt, seed }, source: { tokenizer } }: PreparedRun,
  signal: AbortSignal | undefined,
  onEvent: TrainOptions['onEvent'],
): Promise<void> {
  const model = await createWasmModel(await loadPretrainedArrays(run.model))
  try {
    let text = ''
    const story = { prompt, seed, ...(signal && { signal }) }
    for await (const piece of writeStory({ model, tokenizer }, story)) text += piece
    await writeFileAtomically(run.story, `${text}\n`)
    onEvent?.({ type: 'story', text })
  } finally {
    await model.dispose()
  }
}
