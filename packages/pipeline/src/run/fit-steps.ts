import { PipelineError } from '../errors.ts'
import type { GoalName } from '../recipe/names.ts'
import { limitsOf, type RunOptions } from './run-options.ts'
import { type FitSettings, type RunSettings, windowLength } from './run-settings.ts'

/** What a run was fitted to. */
export interface Fitted {
  steps: number
  /** What ended the choice: the limit that was asked for or usual, the time, or the stories. */
  by: 'steps' | 'time' | 'data'
  /** Passes over the stories, where their tokens were counted. */
  epochs: number | undefined
  /** What the last pass is worth, as a share of so many fresh stories. */
  worth: number | undefined
}

/** A small corpus trains for so long at most: with its evaluations it ends under four minutes. */
const SMALL_CORPUS_SECONDS = 180

/**
 * A pass over stories that were seen `r` times is worth `exp(-r / 15.4)` of a pass over fresh ones (Muennighoff and others,
 * Scaling Data-Constrained Language Models, arXiv 2305.16264, section 3.1, where R* is 15.4).
 */
const HALF_LIFE = 15.4
/** Passes after which the next one is worth a quarter of fresh stories. */
const MOST_EPOCHS = 1 + Math.floor(HALF_LIFE * Math.log(4))

const goals: Record<GoalName, FitSettings> = {
  fast: { seconds: 600, maxEpochs: null },
  best: { seconds: 3 * 3600, maxEpochs: MOST_EPOCHS },
}

/** Limits of a new run, and how its steps are fitted to the machine. */
export interface PlannedLimits {
  limits: RunSettings['limits']
  fit: FitSettings | null
}

/**
 * The limits of a run as it was asked for: its own; those of its goal; else 900 steps on a small corpus, fewer where the
 * machine would take too long for them, and ten minutes on a large one.
 *
 * @throws PipelineError `goal-with-limits`
 */
export function planLimits(options: RunOptions, isSmall: boolean): PlannedLimits {
  const asked = limitsOf(options)
  const given = Object.entries(asked).flatMap(([name, limit]) => (limit === null ? [] : [name]))
  const { goal } = options
  if (goal !== undefined) {
    if (given.length > 0) throw new PipelineError('goal-with-limits', { goal, limits: given })
    return { limits: asked, fit: goals[goal] }
  }
  if (given.length > 0) return { limits: asked, fit: null }
  return isSmall
    ? { limits: { ...asked, steps: 900 }, fit: { seconds: SMALL_CORPUS_SECONDS, maxEpochs: null } }
    : { limits: { ...asked, minutes: 10 }, fit: null }
}

/** As many steps as a run may make at this rate. */
export function fitSteps(
  settings: Pick<
    RunSettings,
    'limits' | 'batchSize' | 'accumulate' | 'model' | 'windowLength' | 'tokensPerEpoch'
  >,
  { seconds, maxEpochs }: FitSettings,
  tokensPerSecond: number,
): Fitted {
  const { limits, batchSize, accumulate, tokensPerEpoch } = settings
  const tokensPerStep = batchSize * accumulate * windowLength(settings)
  const most = {
    steps: limits.steps ?? Number.POSITIVE_INFINITY,
    time: Math.max(1, Math.floor((seconds * tokensPerSecond) / tokensPerStep)),
    data:
      maxEpochs === null || tokensPerEpoch === null
        ? Number.POSITIVE_INFINITY
        : Math.ceil((maxEpochs * tokensPerEpoch) / tokensPerStep),
  }
  const steps = Math.min(most.steps, most.time, most.data)
  const by = (['steps', 'data', 'time'] as const).find(limit => most[limit] === steps)!
  const epochs = tokensPerEpoch === null ? undefined : (steps * tokensPerStep) / tokensPerEpoch
  return {
    steps,
    by,
    epochs,
    worth: epochs === undefined ? undefined : Math.exp(-Math.max(0, epochs - 1) / HALF_LIFE),
  }
}
