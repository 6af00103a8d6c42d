import type { StepResult } from './types.ts'

/** What is a spike of the loss, and what is done about it. */
export interface SpikeOptions {
  /**
   * What to do when the loss leaps or a number is none: `warn` tells a leap and goes on, and ends the run where a number
   * is none; `rollback` goes back to the last checkpoint and leaves the batch out. Default `warn`.
   */
  action?: 'warn' | 'rollback'
  /** A loss so many standard deviations above the mean of the recent ones is a leap. Default 8. */
  threshold?: number
  /** How many recent losses are looked at; with fewer nothing is a leap. Default 50. */
  window?: number
  /** After so many rollbacks without a new checkpoint the run ends. Default 5. */
  maxRollbacks?: number
}

/** @throws RangeError naming the option that cannot be */
export function resolveSpikeOptions(options: SpikeOptions = {}): Required<SpikeOptions> {
  const resolved = { action: 'warn' as const, threshold: 8, window: 50, maxRollbacks: 5, ...options }
  const { threshold, window, maxRollbacks } = resolved
  if (!(threshold > 0)) throw new RangeError(`spikes: threshold must be above 0, not ${threshold}`)
  if (!(Number.isInteger(window) && window >= 2)) {
    throw new RangeError(`spikes: window must be a whole number of at least 2, not ${window}`)
  }
  if (!(Number.isInteger(maxRollbacks) && maxRollbacks >= 1)) {
    throw new RangeError(`spikes: maxRollbacks must be a whole number of at least 1, not ${maxRollbacks}`)
  }
  return resolved
}

export type Verdict = { kind: 'sound' } | { kind: 'spike' | 'not-a-number'; reason: string }

/** Whether a step's loss is sound, given the losses of the sound steps before it. */
export function judgeStep(
  { loss, gradientNorm }: StepResult,
  recent: readonly number[],
  { threshold, window }: Required<SpikeOptions>,
): Verdict {
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    return { kind: 'not-a-number', reason: `loss ${loss}, gradient norm ${gradientNorm}` }
  }
  if (recent.length < window) return { kind: 'sound' }
  const mean = recent.reduce((a, b) => a + b, 0) / recent.length
  const variance = recent.reduce((sum, value) => sum + (value - mean) ** 2, 0) / recent.length
  // Losses that hardly differ must not make a spike of every small step up.
  const deviation = Math.max(Math.sqrt(variance), 0.01 * Math.abs(mean))
  if (loss <= mean + threshold * deviation) return { kind: 'sound' }
  return {
    kind: 'spike',
    reason: `loss ${loss.toPrecision(4)}, ${((loss - mean) / deviation).toFixed(1)} standard deviations above the ${mean.toPrecision(4)} of the last ${recent.length} steps`,
  }
}
