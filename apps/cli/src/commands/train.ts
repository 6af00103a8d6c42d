import { mkdir } from 'node:fs/promises'
import { useBackend } from '@tinystories/backends'
import {
  countParameters,
  encodeSafetensors,
  initParameters,
  loadPretrainedArrays,
  openSafetensors,
} from '@tinystories/model'
import type { WordPieceTokenizer } from '@tinystories/tokenizer'
import { adamW, createTrainer, evaluateOn, type MetricsLine, muon, warmupCosine } from '@tinystories/trainer'
import { abortOnInterrupt } from '../interrupts.ts'
import { lossCurve } from '../loss-curve.ts'
import { resolveSource } from '../open-source.ts'
import { forDisplay, fromTyped } from '../paths.ts'
import { formatDuration, Progress } from '../progress.ts'
import {
  makeRunFolder,
  newRunName,
  type RunFolder,
  readSettings,
  runFolder,
  writeWhole,
} from '../run-folder.ts'
import { saveModel } from '../stories.ts'
import { endOfStory, evaluationSet, loadTokenizer, openTrainingStories } from '../train/open-data.ts'
import { planRun } from '../train/plan-run.ts'
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
import { trainableModel } from '../train/trainable-model.ts'
import { UserError } from '../user-error.ts'

/** Stories measured during a run; the whole held-out set is measured at its end. */
const storiesPerEvaluation = 128

/**
 * Trains a tokenizer and a model and leaves a run folder: settings, tokenizer, metrics, loss curve, checkpoints,
 * the best model, one story.
 *
 * @returns the exit code: 0, or 130 when interrupted (a checkpoint is written first).
 */
export async function train(flags: TrainFlags): Promise<number> {
  const note: Note = text => console.log(text)
  const { run, settings, tokenizer } = await prepare(flags, note)
  await useBackend('cpu')
  const model = trainableModel(settings.model, initParameters(settings.model, settings.seed))
  const stories = await openTrainingStories(settings)
  const windows = { tokenizer, contextLength: settings.model.contextLength, batchSize: settings.batchSize }
  // From all over the set: files are often in the order of their sources, and those are not equally hard.
  const someHeldOut = stories.heldOut.shuffle({ seed: 0, bufferSize: 10_000 }).take(storiesPerEvaluation)
  const evaluation = await evaluationSet(someHeldOut, windows)
  const data = stories.train
    .shuffle({ seed: settings.seed, bufferSize: 10_000 })
    .repeat()
    .tokenize(tokenizer, { eos: endOfStory(tokenizer) })
    .pack({ contextLength: settings.model.contextLength, by: 'stream' })
    .batch(settings.batchSize)
    .prefetch(4)

  const { steps, minutes } = settings.limits
  const shareDone = ({ step, seconds }: MetricsLine): number =>
    Math.max(steps === null ? 0 : step / steps, minutes === null ? 0 : seconds / (minutes * 60))
  const progress = new Progress({ shareDone, steps: steps ?? undefined })
  const { weightDecay } = settings
  const optimizer = settings.optimizer === 'muon' ? muon({ weightDecay }) : adamW({ weightDecay })
  const trainer = await createTrainer({
    model,
    data,
    optimizer,
    schedule: warmupCosine({ peak: settings.learningRate, warmupSteps: settings.warmupSteps }),
    engine: settings.engine,
    ...(settings.threads === null ? {} : { threads: settings.threads }),
    evaluation: { ...evaluation, everySteps: settings.evaluateEvery },
    run: {
      folder: run.folder,
      format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
      checkpointEverySteps: settings.checkpointEvery,
    },
    resume: flags.resume !== undefined,
    callbacks: {
      onMetrics: line => progress.update(line),
      onWarning: text => progress.note(`Warning: ${text}`),
      async onBest(_result, state) {
        await saveModel(run.model, settings.model, state.parameters, tokenizer)
      },
    },
  })
  const interrupt = abortOnInterrupt()
  try {
    const { engine, passedOver } = trainer
    for (const { name, reason } of passedOver.filter(({ name }) => name === 'compiled')) {
      note(`Engine ${name} is not used: ${reason}`)
    }
    note(
      `Model: ${settings.model.layers} layers, hidden ${settings.model.hiddenSize}, ${settings.model.heads} heads, context ${settings.model.contextLength}, ${countParameters(settings.model).total.toLocaleString('en')} parameters`,
    )
    note(`Engine: ${engine.name} (${engine.description})`)
    note(`Run folder: ${forDisplay(run.folder)}`)
    const result = await trainer.run({
      ...(steps === null ? {} : { steps }),
      ...(minutes === null ? {} : { minutes }),
      signal: interrupt.signal,
    })
    progress.end()
    const lines = await readMetrics(run)
    await writeWhole(run.lossCurve, lossCurve(lines, { title: `Bits per byte, ${dataName(settings)}` }))
    if (result.status === 'aborted') return tellInterruption(note, run, result.step)
    note(
      `Trained ${result.step} steps, ${result.tokens.toLocaleString('en')} tokens in ${formatDuration(result.seconds)}`,
    )
    // The best parameters, which may be of an earlier step, and of an earlier sitting.
    const best = await loadPretrainedArrays(run.model)
    await engine.load({ parameters: best.parameters, optimizer: (await trainer.save()).optimizer })
    const everything = await evaluationSet(stories.heldOut, windows)
    const score = await evaluateOn(engine, everything, interrupt.signal)
    await writeWhole(`${run.model}/evaluation.json`, `${JSON.stringify(score, null, 2)}\n`)
    tellScore(note, settings, score)
  } catch (error) {
    // Only the interruption itself: a checkpoint that could not be written after Ctrl-C is a failure, and told as one.
    if (error === interrupt.signal.reason) return tellInterruption(note, run, steps ?? undefined)
    throw await withResumeCommand(error, run)
  } finally {
    progress.end()
    interrupt.release()
    await trainer.dispose()
  }
  await tellStory(note, run, settings)
  return 0
}

/** What decides a run cannot change in its middle. */
function refuseNewSettings(flags: TrainFlags): void {
  const mayChange = ['resume', 'steps', 'minutes', 'engine', 'threads']
  const fixed = Object.keys(flags).filter(name => !mayChange.includes(name))
  if (fixed.length === 0) return
  const names = fixed.map(name => `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`)
  throw new UserError(
    `--resume goes on with the settings of the run: leave out ${names.join(', ')}, or start a new run. Only --steps, --minutes, --engine and --threads may change.`,
  )
}

async function prepare(
  flags: TrainFlags,
  note: Note,
): Promise<{ run: RunFolder; settings: RunSettings; tokenizer: WordPieceTokenizer }> {
  if (flags.resume !== undefined) {
    const run = runFolder(fromTyped(flags.resume))
    const saved = await readSettings(run)
    refuseNewSettings(flags)
    const settings = {
      ...saved,
      limits: {
        steps: flags.steps ?? (flags.minutes === undefined ? saved.limits.steps : null),
        minutes: flags.minutes ?? (flags.steps === undefined ? saved.limits.minutes : null),
      },
      engine: flags.engine ?? saved.engine,
      threads: flags.threads ?? saved.threads,
    }
    return { run, settings, tokenizer: await loadTokenizer(run.tokenizer) }
  }
  const data = flags.data === undefined ? undefined : resolveSource(flags.data)
  const valid = flags.valid === undefined ? undefined : resolveSource(flags.valid)
  const tokenizerFile = flags.tokenizer === undefined ? undefined : fromTyped(flags.tokenizer)
  const { settings, tokenizer } = await planRun(
    {
      ...flags,
      ...(data === undefined ? {} : { data }),
      ...(valid === undefined ? {} : { valid }),
      ...(tokenizerFile === undefined ? {} : { tokenizer: tokenizerFile }),
    },
    note,
  )
  // The folder is made only now, so that a mistake in the flags leaves nothing behind.
  const run = runFolder(fromTyped(flags.out ?? `runs/${newRunName()}`))
  await makeRunFolder(run)
  await mkdir(run.model, { recursive: true })
  await tokenizer.save(run.tokenizer)
  await writeWhole(run.config, `${JSON.stringify(settings, null, 2)}\n`)
  return { run, settings, tokenizer }
}
