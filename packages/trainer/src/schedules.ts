/** Where a run stands. */
export interface ScheduleProgress {
  /** The step about to be made, from 1. */
  step: number
  /** Share of the run that is done, 0 to 1: by steps, or by time where minutes limit the run. */
  done: number
}

/** Gives the learning rate of a step. */
export type Schedule = (progress: ScheduleProgress) => number

export function constant(learningRate: number): Schedule {
  checkRate('learningRate', learningRate)
  return () => learningRate
}

export interface WarmupCosineOptions {
  /** The highest learning rate. */
  peak: number
  /** Steps over which the rate rises linearly from 0 to `peak`. Default 100. */
  warmupSteps?: number
  /** The rate at the end, as a share of `peak`. Default 0.1. */
  finalShare?: number
}

/** Linear warm-up, then half a cosine from `peak` down to `finalShare * peak` at the end of the run. */
export function warmupCosine({ peak, warmupSteps = 100, finalShare = 0.1 }: WarmupCosineOptions): Schedule {
  checkRate('peak', peak)
  if (!(warmupSteps >= 0)) throw new RangeError(`warmupSteps must be 0 or more, not ${warmupSteps}`)
  if (!(finalShare >= 0 && finalShare <= 1)) {
    throw new RangeError(`finalShare must be in [0, 1], not ${finalShare}`)
  }
  return ({ step, done }) => {
    const warmup = warmupSteps === 0 ? 1 : Math.min(1, step / warmupSteps)
    const cosine = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, Math.max(0, done))))
    return warmup * peak * (finalShare + (1 - finalShare) * cosine)
  }
}

export interface WarmupLinearOptions extends WarmupCosineOptions {}

/** Linear warm-up, then a straight line down to `finalShare * peak`. */
export function warmupLinear({ peak, warmupSteps = 100, finalShare = 0 }: WarmupLinearOptions): Schedule {
  checkRate('peak', peak)
  return ({ step, done }) => {
    const warmup = warmupSteps === 0 ? 1 : Math.min(1, step / warmupSteps)
    return warmup * peak * (1 - (1 - finalShare) * Math.min(1, Math.max(0, done)))
  }
}

function checkRate(name: string, rate: number): void {
  if (!(rate > 0 && rate < 1)) throw new RangeError(`${name} must be between 0 and 1, not ${rate}`)
}
