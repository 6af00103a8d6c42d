import { checkOption, checkWhole } from '../errors.ts'
import type { StepResult } from '../types.ts'

/** What counts as a loss spike, and what is done about it. */
export interface SpikeOptions {
  /**
   * What to do after a loss spike, or when a loss or gradient is not a number: `warn` reports a spike and continues, and
   * ends the run where a number is none; `rollback` returns to the last checkpoint and skips the batch. Default `warn`.
   */
  action?: 'warn' | 'rollback'
  /** A loss more than so many standard deviations above the mean of the recent ones is a spike. Default 8. */
  threshold?: number
  /** How many recent losses are compared with; with fewer nothing is a spike. Default 50. */
  window?: number
  /** After so many rollbacks without a new checkpoint the run ends. Default 5. */
  maxRollbacks?: number
}

/** @throws TrainerError `invalid-option` */
export function resolveSpikeOptions(options: SpikeOptions = {}): Required<SpikeOptions> {
  const resolved = { action: 'warn' as const, threshold: 8, window: 50, maxRollbacks: 5, ...options }
  checkOption('spikes.threshold', resolved.threshold, resolved.threshold > 0, 'above 0')
  checkWhole('spikes.window', resolved.window, 2)
  checkWhole('spikes.maxRollbacks', resolved.maxRollbacks)
  return resolved
}

/** What a step's loss shows: `sign` says by what. */
export type Verdict = { kind: 'sound' } | { kind: 'spike' | 'not-a-number'; sign: string }

/** Judges a step's loss by the losses of the sound steps before it. */
export function judgeStep(
  { loss, gradientNorm }: Pick<StepResult, 'loss' | 'gradientNorm'>,
  recent: readonly number[],
  { threshold, window }: Pick<Required<SpikeOptions>, 'threshold' | 'window'>,
): Verdict {
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm))
    return { kind: 'not-a-number', sign: `loss ${loss}, gradient norm ${gradientNorm}` }
  if (recent.length < window) return { kind: 'sound' }
  const mean = recent.reduce((a, b) => a + b, 0) / recent.length
  const variance = recent.reduce((sum, value) => sum + (value - mean) ** 2, 0) / recent.length
  // Losses that hardly differ must not make a spike of every small step up.
  const deviation = Math.max(Math.sqrt(variance), 0.01 * Math.abs(mean))
  if (loss <= mean + threshold * deviation) return { kind: 'sound' }
  const deviations = ((loss - mean) / deviation).toFixed(1)
  return {
    kind: 'spike',
    sign: `loss ${loss.toPrecision(4)}, ${deviations} standard deviations above the ${mean.toPrecision(4)} of the last ${recent.length} steps`,
  }
}
