import type { Tokenizer } from '@tinystories/tokenizer'
import { resolveSource } from '../open-source.ts'
import { fromTyped } from '../paths.ts'
import {
  makeRunFolder,
  newRunName,
  type RunFolder,
  readSettings,
  refuseUsedFolder,
  removeUnbegun,
  runFolder,
  writeWhole,
} from '../run-folder.ts'
import { UserError } from '../user-error.ts'
import { loadTokenizer, openTrainingStories } from './open-data.ts'
import { countEpoch, limitsOf, type PlannedRun, planRun } from './plan-run.ts'
import { type RunSettings, settingDefaults, type TrainFlags } from './settings.ts'
import type { Note } from './tell.ts'

export interface PreparedRun {
  run: RunFolder
  settings: RunSettings
  tokenizer: Tokenizer
}

/** Plans a new run; nothing is written yet. */
export function planNewRun(flags: TrainFlags, note: Note, signal: AbortSignal): Promise<PlannedRun> {
  return planRun(
    {
      ...flags,
      ...(flags.data === undefined ? {} : { data: resolveSource(flags.data) }),
      ...(flags.valid === undefined ? {} : { valid: resolveSource(flags.valid) }),
      ...(flags.tokenizer === undefined ? {} : { tokenizer: fromTyped(flags.tokenizer) }),
    },
    note,
    signal,
  )
}

/** Makes the folder of a planned run, or reads that of the run to resume. */
export async function prepareRun(flags: TrainFlags, note: Note, signal: AbortSignal): Promise<PreparedRun> {
  if (flags.provider && flags.engine && flags.engine !== 'auto' && flags.engine !== 'compiled') {
    throw new UserError(
      `--provider is what the engine compiled computes on, and --engine is ${flags.engine}: leave one of them out`,
    )
  }
  if (flags.resume !== undefined) return prepareResume(flags, flags.resume, signal)
  const run = runFolder(fromTyped(flags.out ?? `runs/${newRunName()}`))
  await refuseUsedFolder(run)
  const { settings, tokenizer } = await planNewRun(flags, note, signal)
  // The folder is made only now, so that a mistake in the flags leaves nothing behind.
  await makeRunFolder(run)
  try {
    await tokenizer.save(run.tokenizer)
    await writeSettings(run, settings)
  } catch (error) {
    await removeUnbegun(run)
    throw error
  }
  return { run, settings, tokenizer }
}

async function prepareResume(flags: TrainFlags, folder: string, signal: AbortSignal): Promise<PreparedRun> {
  const run = runFolder(fromTyped(folder))
  const saved: RunSettings = { ...settingDefaults, ...(await readSettings(run)) }
  refuseNewSettings(flags)
  const asked = limitsOf(flags)
  const settings: RunSettings = {
    ...saved,
    ...forcedSettings(flags),
    limits: Object.values(asked).some(limit => limit !== null) ? asked : { ...limitsOf({}), ...saved.limits },
    engine: flags.engine ?? saved.engine,
    provider:
      flags.provider ?? (flags.engine === undefined || flags.engine === 'compiled' ? saved.provider : null),
    threads: flags.threads ?? saved.threads,
    workers: flags.workers ?? saved.workers,
    patience: flags.patience ?? saved.patience,
    onSpike: flags.onSpike ?? saved.onSpike,
    sampleEvery: flags.sampleEvery ?? saved.sampleEvery,
    keepCheckpoints: flags.keepCheckpoints ?? saved.keepCheckpoints,
  }
  const tokenizer = await loadTokenizer(run.tokenizer)
  if (settings.limits.epochs !== null && settings.tokensPerEpoch === null) {
    const { train } = await openTrainingStories(settings)
    settings.tokensPerEpoch = await countEpoch(train, tokenizer, signal)
  }
  return { run, settings, tokenizer }
}

export function writeSettings(run: RunFolder, settings: RunSettings): Promise<void> {
  return writeWhole(run.config, `${JSON.stringify(settings, null, 2)}\n`)
}

// What a resume may be given freely, and what only with --force.
const free = [
  'resume',
  'force',
  'steps',
  'tokens',
  'epochs',
  'minutes',
  'engine',
  'provider',
  'threads',
  'workers',
  'patience',
  'onSpike',
  'sampleEvery',
  'keepCheckpoints',
  'tensorboard',
  'tracker',
]
const forcible = [
  'data',
  'valid',
  'separator',
  'learningRate',
  'weightDecay',
  'optimizer',
  'schedule',
  'warmup',
]

/** What decides a run cannot change in its middle. */
function refuseNewSettings(flags: TrainFlags): void {
  const named = (names: string[]): string =>
    names.map(name => `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`).join(', ')
  const fixed = Object.keys(flags).filter(name => !free.includes(name))
  const never = fixed.filter(name => !forcible.includes(name))
  if (never.length > 0) {
    throw new UserError(
      `--resume goes on with the settings of the run: leave out ${named(never)}, or start a new run. Only limits, --engine, --provider, --threads, --workers and what is told on the way may change.`,
    )
  }
  if (fixed.length > 0 && !flags.force) {
    throw new UserError(
      `--resume goes on with the settings of the run: leave out ${named(fixed)}, or start a new run. With --force the run goes on with the new ${fixed.length === 1 ? 'one' : 'ones'}, and is no longer what it would have been.`,
    )
  }
}

function forcedSettings(flags: TrainFlags): Partial<RunSettings> {
  const { data, valid, separator, learningRate, weightDecay, optimizer, schedule, warmup } = flags
  const forced = {
    data: data === undefined ? undefined : resolveSource(data),
    valid: valid === undefined ? undefined : resolveSource(valid),
    separator,
    learningRate,
    weightDecay,
    optimizer,
    schedule,
    warmupSteps: warmup,
  }
  return Object.fromEntries(Object.entries(forced).filter(([, value]) => value !== undefined))
}
