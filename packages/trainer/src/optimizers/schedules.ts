import { checkOption } from '../errors.ts'
/** Where a run stands. */
export interface ScheduleProgress {
  /** The step about to be made, from 1. */
  step: number
  /** Share of the run that is done, 0 to 1: by steps, or by time where minutes limit the run. */
  done: number
}

/** Gives the learning rate of a step. */
export type Schedule = (progress: ScheduleProgress) => number

// Every schedule throws a TrainerError `invalid-option` for options out of range.

/** The same learning rate at every step. */
export function constant(learningRate: number): Schedule {
  checkRate('learningRate', learningRate)
  return () => learningRate
}

/** What every schedule with a warm-up takes. */
export interface WarmupOptions {
  /** The highest learning rate. */
  peak: number
  /** Steps over which the rate rises linearly from 0 to `peak`. Default 100. */
  warmupSteps?: number
}

/** Options of {@link warmupCosine}. */
export interface WarmupCosineOptions extends WarmupOptions {
  /** The rate at the end, as a share of `peak`. Default 0.1. */
  finalShare?: number
}

/** Linear warm-up, then half a cosine from `peak` down to `finalShare * peak` at the end of the run. */
export function warmupCosine({ peak, warmupSteps = 100, finalShare = 0.1 }: WarmupCosineOptions): Schedule {
  const warmup = linearWarmup(peak, warmupSteps)
  checkShare('finalShare', finalShare)
  return ({ step, done }) => {
    const cosine = 0.5 * (1 + Math.cos(Math.PI * clamp(done)))
    return warmup(step) * (finalShare + (1 - finalShare) * cosine)
  }
}

/** Options of {@link warmupLinear}. */
export interface WarmupLinearOptions extends WarmupOptions {
  /** The rate at the end, as a share of `peak`. Default 0. */
  finalShare?: number
}

/** Linear warm-up, then a straight line down to `finalShare * peak`. */
export function warmupLinear({ peak, warmupSteps = 100, finalShare = 0 }: WarmupLinearOptions): Schedule {
  const warmup = linearWarmup(peak, warmupSteps)
  checkShare('finalShare', finalShare)
  return ({ step, done }) => warmup(step) * (1 - (1 - finalShare) * clamp(done))
}

/**
 * Linear warm-up, then `peak * sqrt(warmupSteps / step)`: it needs no end, so that a run can have any length
 * (Vaswani and others, 2017, section 5.3, with the peak in place of their factor).
 */
export function inverseSquareRoot({ peak, warmupSteps = 100 }: WarmupOptions): Schedule {
  const warmup = linearWarmup(peak, warmupSteps)
  const reference = Math.max(1, warmupSteps)
  return ({ step }) => warmup(step) * Math.min(1, Math.sqrt(reference / step))
}

/** Options of {@link warmupStableDecay}. */
export interface WarmupStableDecayOptions extends WarmupOptions {
  /** Share of the run over which the rate falls at its end. Default 0.2. */
  decayShare?: number
  /** The rate at the end, as a share of `peak`. Default 0. */
  finalShare?: number
}

/**
 * Warm-up, stable, decay (WSD; Hu and others, 2024): linear warm-up, `peak` for most of the run, then a straight line
 * down. A checkpoint from the stable part can be gone on from with any length.
 */
export function warmupStableDecay({
  peak,
  warmupSteps = 100,
  decayShare = 0.2,
  finalShare = 0,
}: WarmupStableDecayOptions): Schedule {
  const warmup = linearWarmup(peak, warmupSteps)
  checkShare('finalShare', finalShare)
  checkOption('decayShare', decayShare, decayShare > 0 && decayShare <= 1, 'in (0, 1]')
  return ({ step, done }) => {
    const decayed = clamp((clamp(done) - (1 - decayShare)) / decayShare)
    return warmup(step) * (1 - (1 - finalShare) * decayed)
  }
}

/** The rate at a step of the warm-up; `peak` afterwards. */
function linearWarmup(peak: number, warmupSteps: number): (step: number) => number {
  checkRate('peak', peak)
  checkOption('warmupSteps', warmupSteps, warmupSteps >= 0 && Number.isFinite(warmupSteps), '0 or more')
  return step => peak * (warmupSteps === 0 ? 1 : Math.min(1, step / warmupSteps))
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}

function checkShare(name: string, share: number): void {
  checkOption(name, share, share >= 0 && share <= 1, 'in [0, 1]')
}

function checkRate(name: string, rate: number): void {
  checkOption(name, rate, rate > 0 && rate < 1, 'between 0 and 1')
}
