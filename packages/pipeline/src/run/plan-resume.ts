import { PipelineError } from '../errors.ts'
import { formatOptions } from '../source/read-options.ts'
import { openTrainingSource } from '../source/training-source.ts'
import { countEpoch } from './count-epoch.ts'
import type { Plan, PlanContext } from './plan.ts'
import { readSettings } from './read-settings.ts'
import { runFolder } from './run-folder.ts'
import { checkProvider, limitsOf, type RunOptions } from './run-options.ts'
import type { RunSettings } from './run-settings.ts'

/** What does not change where a run comes out: a resume may set it freely. */
const freeOptions = [
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
  'prompt',
  'evaluateEvery',
  'checkpointEvery',
  'keepCheckpoints',
] as const satisfies (keyof RunOptions)[]

/** What a resume may change with `force`: the run is then no longer what it would have been. */
const forcedOptions = [
  'data',
  'valid',
  ...formatOptions,
  'learningRate',
  'weightDecay',
  'optimizer',
  'schedule',
  'warmupSteps',
] as const satisfies (keyof RunOptions)[]

/**
 * Plans to continue the run in a folder, with its own settings but for `options`. Writes nothing.
 *
 * @param force allows options that change where the run comes out, and data or settings that have changed meanwhile
 * @throws PipelineError `no-run`, `fixed-settings`, `forced-settings`; InputError for a `config.json` that is damaged
 */
export async function planResume(
  folder: string,
  options: RunOptions & { force?: boolean },
  { access, signal }: PlanContext = {},
): Promise<Plan> {
  const { force = false, ...changes } = options
  checkProvider(changes)
  const run = runFolder(folder)
  const saved = await readSettings(run)
  refuseChanges(changes, force)
  const given = (names: readonly (keyof RunOptions)[]): Partial<RunSettings> =>
    Object.fromEntries(names.filter(name => changes[name] !== undefined).map(name => [name, changes[name]]))
  const { steps: _1, tokens: _2, epochs: _3, minutes: _4, ...free } = given(freeOptions) as RunOptions
  const limits = limitsOf(changes)
  const settings: RunSettings = {
    ...saved,
    ...(given(forcedOptions) as Partial<RunSettings>),
    ...(free as Partial<RunSettings>),
    ...(Object.values(limits).some(limit => limit !== null) && { limits, fit: null }),
    // Another engine than the compiled one has no provider.
    provider:
      changes.provider ??
      (changes.engine === undefined || changes.engine === 'compiled' ? saved.provider : null),
  }
  const source = await openTrainingSource({ ...settings, tokenizer: run.tokenizer, access, signal })
  if (settings.limits.epochs !== null) settings.tokensPerEpoch ??= await countEpoch(source, signal)
  return { settings, source, resume: { run, force }, weights: undefined }
}

function refuseChanges(changes: RunOptions, force: boolean): void {
  const set = (Object.keys(changes) as (keyof RunOptions)[]).filter(name => changes[name] !== undefined)
  const deciding = set.filter(name => !(freeOptions as readonly string[]).includes(name))
  const fixed = deciding.filter(name => !(forcedOptions as readonly string[]).includes(name))
  if (fixed.length > 0) throw new PipelineError('fixed-settings', { options: fixed })
  if (deciding.length > 0 && !force) throw new PipelineError('forced-settings', { options: deciding })
}
