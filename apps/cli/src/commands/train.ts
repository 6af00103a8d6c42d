import { readdir } from 'node:fs/promises'
import { totalmem } from 'node:os'
import {
  type Plan,
  type PreparedRun,
  planResume,
  planRun,
  prepareRun,
  refuseUsedFolder,
  train as trainPrepared,
} from '@tinystories/pipeline'
import type { RunResult } from '@tinystories/trainer'
import { access } from '../access.ts'
import { messageOf } from '../errors/describe-error.ts'
import { UserError } from '../errors/user-error.ts'
import { fromTyped } from '../paths.ts'
import { interruptible } from '../terminal/interrupts.ts'
import { print, printJson } from '../terminal/output.ts'
import { measureMachineRate } from '../train/machine-rate.ts'
import { newRunName } from '../train/new-run-name.ts'
import { openTracker } from '../train/open-tracker.ts'
import { resumeCommand, TrainingReport } from '../train/report-training.ts'
import { checkSearchFlags, findBatchSize, findLearningRate } from '../train/search.ts'
import { runOptions, type TrainFlags } from '../train/train-flags.ts'

/**
 * Trains a tokenizer and a model and leaves a run folder, or searches for a setting and leaves nothing.
 *
 * @returns the exit code: 0, or 130 when interrupted (a checkpoint is written first).
 */
export function train(flags: TrainFlags): Promise<number> {
  const report = new TrainingReport()
  const isSearch = flags.findLearningRate || flags.findBatchSize
  return interruptible(
    async signal => {
      if (isSearch) checkSearchFlags(flags)
      const folder = fromTyped(flags.resume ?? flags.out ?? `runs/${newRunName()}`)
      if (flags.resume === undefined) await refuseUsedFolder({ folder })
      const plan = await planFrom(flags, report, signal)
      if (flags.findLearningRate) await findLearningRate(plan, signal)
      else if (flags.findBatchSize) await findBatchSize(plan, signal)
      else return trainAndReport(plan, folder, { flags, report, signal })
      return 0
    },
    () => print(isSearch ? 'Interrupted.' : 'Interrupted before the first step: nothing has changed.'),
  ).finally(() => report.close())
}

async function planFrom(flags: TrainFlags, report: TrainingReport, signal: AbortSignal): Promise<Plan> {
  const options = await runOptions(flags)
  const context = { access: access(), memory: totalmem(), signal, onEvent: report.onPlanEvent }
  return flags.resume === undefined
    ? planRun(options, context)
    : planResume(fromTyped(flags.resume), { ...options, force: flags.force ?? false }, context)
}

interface Session {
  flags: TrainFlags
  report: TrainingReport
  signal: AbortSignal
}

async function trainAndReport(
  plan: Plan,
  folder: string,
  { flags, report, signal }: Session,
): Promise<number> {
  const { settings } = plan
  const tracker =
    flags.tracker === undefined
      ? undefined
      : await openTracker(flags.tracker, { folder, settings }, text => report.warn(text))
  signal.addEventListener('abort', report.stopping)
  let prepared: PreparedRun | undefined
  let result: RunResult | undefined
  try {
    prepared = await prepareRun(plan, folder)
    // Without ONNX Runtime the view shows the rate alone.
    if (process.stdout.isTTY)
      report.peakFlops = await measureMachineRate(settings.threads ?? undefined).catch(() => undefined)
    result = await trainPrepared(prepared, {
      tensorboard: flags.tensorboard ?? false,
      signal,
      onEvent(event) {
        report.onTrainEvent(event)
        if (event.type === 'metrics') tracker?.onMetrics(event.line)
      },
    })
    const { status, step, tokens, seconds } = result
    if (flags.json) printJson({ folder, status, step, tokens, seconds, score: report.score })
    return result.status === 'aborted' ? report.interrupted(folder, result.step) : 0
  } catch (error) {
    // Only the interruption itself: a checkpoint that could not be written after Ctrl-C is a failure.
    if (report.started && error === signal.reason) return report.interrupted(folder, undefined)
    throw prepared && report.started ? await withResumeCommand(error, prepared) : error
  } finally {
    report.close()
    await tracker?.finish(result)
  }
}

/** Says how to continue after a failure, when there is a checkpoint to continue from. */
async function withResumeCommand(error: unknown, { run }: PreparedRun): Promise<unknown> {
  const checkpoints = await readdir(run.checkpoints).catch(() => [])
  if (!(error instanceof Error) || !checkpoints.some(name => name.startsWith('step-'))) return error
  return new UserError(
    `${messageOf(error)} Resume from the last checkpoint with: ${resumeCommand(run.folder)}`,
    { cause: error },
  )
}
