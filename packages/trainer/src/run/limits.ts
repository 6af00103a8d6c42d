import { checkOption, checkWhole, TrainerError } from '../errors.ts'
import type { CheckpointProgress } from './checkpoint.ts'

/** When a run ends: at whichever limit is reached first. */
export interface RunLimits {
  /** Steps in all, those before a resume included. */
  steps?: number
  /** Counted tokens in all. */
  tokens?: number
  /** Passes over the data; needs `tokensPerEpoch`. */
  epochs?: number
  /** Minutes of training in all, evaluations included. */
  minutes?: number
  signal?: AbortSignal
}

/** A limit by its name in {@link RunLimits}. */
export type LimitName = 'steps' | 'tokens' | 'epochs' | 'minutes'

/** The share of the run that is done, 0 to 1 and above, and which limit is nearest. */
export type ShareDone = (seconds: number) => { share: number; limit: LimitName }

/** @throws TrainerError `missing-option` without a limit or without `tokensPerEpoch`, `invalid-option` */
export function shareDoneOf(
  limits: RunLimits,
  progress: CheckpointProgress,
  tokensPerEpoch: number | undefined,
): ShareDone {
  const names = (['steps', 'tokens', 'epochs', 'minutes'] as const).filter(name => limits[name] !== undefined)
  if (names.length === 0) {
    const option = 'one of steps, tokens, epochs and minutes'
    throw new TrainerError('missing-option', { option, neededBy: 'run' })
  }
  for (const name of names) {
    const value = limits[name]!
    if (name === 'steps' || name === 'tokens') checkWhole(name, value)
    else checkOption(name, value, value > 0, 'above 0')
  }
  if (limits.epochs !== undefined && !(tokensPerEpoch !== undefined && tokensPerEpoch > 0))
    throw new TrainerError('missing-option', { option: 'tokensPerEpoch', neededBy: 'a limit in epochs' })
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
