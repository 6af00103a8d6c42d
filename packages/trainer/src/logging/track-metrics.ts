import { messageOf } from '@tinystories/utils/errors'
import type { TrainerCallbacks } from '../run/trainer-types.ts'
import type { MetricsLine } from './metrics-line.ts'

/**
 * What takes metrics elsewhere: W&B's run object, or anything of that shape. What it returns is waited for if it is a
 * promise, one call after another.
 */
export interface MetricsTracker {
  /** `metrics` by name, such as `train/loss`; the text of a sample story is `sample`. Steps never go down. */
  log(metrics: Record<string, number | string>, options: { step: number }): unknown
}

/** Options of {@link trackMetrics}. */
export interface TrackMetricsOptions {
  /** Called when the tracker fails, once until it works again; training continues without it. */
  onWarning?(message: string): void
}

/** Callbacks for `createTrainer`, and the end of what they began. */
export interface TrackedMetrics extends Required<Pick<TrainerCallbacks, 'onMetrics'>> {
  /** Waits until everything is logged. */
  flush(): Promise<void>
}

/**
 * Sends each line of the metrics to a tracker: `createTrainer({ callbacks: trackMetrics(run) })`. Training never waits
 * for it and never fails with it. Training figures are called `train/…`, held-out ones `heldOut/…`, as in TensorBoard
 * files.
 */
export function trackMetrics(
  tracker: MetricsTracker,
  { onWarning }: TrackMetricsOptions = {},
): TrackedMetrics {
  let last: Promise<void> = Promise.resolve()
  let failing = false
  return {
    onMetrics(line) {
      const { step } = line
      const metrics = named(line)
      last = last.then(async () => {
        try {
          await tracker.log(metrics, { step })
          failing = false
        } catch (error) {
          if (!failing) {
            onWarning?.(
              `The tracker did not take the metrics of step ${step}: ${messageOf(error).replace(/\.$/, '')}. Training continues.`,
            )
          }
          failing = true
        }
      })
    },
    flush: () => last,
  }
}

function named(line: MetricsLine): Record<string, number | string> {
  if (line.type === 'sample') return { sample: line.text }
  const { type, step: _, ...figures } = line
  const group = type === 'step' ? 'train' : 'heldOut'
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${group}/${name}`, value]))
}
