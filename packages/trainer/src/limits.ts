import type { CheckpointProgress } from './checkpoint-progress.ts'

/** Where a run ends: at whichever limit is reached first. */
export interface RunLimits {
  /** Steps in all, those before a resume included. */
  steps?: number
  /** Counted tokens in all. */
  tokens?: number
  /** Times that the data is gone through; needs `tokensPerEpoch`. */
  epochs?: number
  /** Minutes of training in all, evaluations included. */
  minutes?: number
  signal?: AbortSignal
}

/** A limit by its name in {@link RunLimits}. */
export type LimitName = 'steps' | 'tokens' | 'epochs' | 'minutes'

/** Gives the share of the run that is done, 0 to 1 and above, and which limit is nearest. */
export type ShareDone = (seconds: number) => { share: number; limit: LimitName }

/** @throws RangeError when there is no limit, or one that cannot be. */
export function shareDoneOf(
  limits: RunLimits,
  progress: CheckpointProgress,
  tokensPerEpoch: number | undefined,
): ShareDone {
  const names = (['steps', 'tokens', 'epochs', 'minutes'] as const).filter(name => limits[name] !== undefined)
  if (names.length === 0) throw new RangeError('run: give a limit: steps, tokens, epochs or minutes')
  for (const name of names) {
    const value = limits[name]!
    if (!(value > 0 && (name === 'minutes' || name === 'epochs' || Number.isInteger(value)))) {
      const wanted = name === 'steps' || name === 'tokens' ? 'a whole number above 0' : 'a number above 0'
      throw new RangeError(`run: ${name} must be ${wanted}, not ${value}`)
    }
  }
  if (limits.epochs !== undefined && !(tokensPerEpoch !== undefined && tokensPerEpoch > 0)) {
    throw new RangeError('run: a limit in epochs needs tokensPerEpoch, how many tokens the data has')
  }
  return seconds => {
    const done = {
      steps: progress.step,
      tokens: progress.tokens,
      epochs: progress.tokens / (tokensPerEpoch ?? 1),
      minutes: seconds / 60,
    }
    let nearest: { share: number; limit: LimitName } = { share: 0, limit: names[0]! }
    for (const name of names) {
      const share = done[name] / limits[name]!
      if (share > nearest.share) nearest = { share, limit: name }
    }
    return nearest
  }
}
