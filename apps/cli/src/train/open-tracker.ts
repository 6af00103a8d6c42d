import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RunSettings } from '@tinystories/pipeline'
import { type MetricsTracker, type RunResult, type TrackedMetrics, trackMetrics } from '@tinystories/trainer'
import { messageOf } from '@tinystories/utils/errors'
import { UserError } from '../errors/user-error.ts'
import { fromTyped } from '../paths.ts'

/** What a module named by `--tracker` exports. Each function may return a promise. */
export interface TrackerModule extends MetricsTracker {
  /** Before the first step, with the name of the run's folder and its settings. */
  init?(run: { name: string; config: RunSettings }): unknown
  /** When the run has ended or was stopped; without a result it failed. */
  finish?(result: RunResult | undefined): unknown
}

export interface OpenTracker extends Pick<TrackedMetrics, 'onMetrics'> {
  /** Waits until everything is logged, and calls the module's `finish`. */
  finish(result: RunResult | undefined): Promise<void>
}

/**
 * Imports a person's module for metrics and begins with it. From then on its failures are warnings only.
 *
 * @throws UserError when it cannot be imported, has no `log`, or its `init` fails
 */
export async function openTracker(
  path: string,
  { folder, settings }: { folder: string; settings: RunSettings },
  onWarning: (text: string) => void,
): Promise<OpenTracker> {
  const file = fromTyped(path)
  const failed = (what: string, cause: unknown): UserError =>
    new UserError(
      `--tracker: ${file} ${what}: ${messageOf(cause).replace(/\.$/, '')}. Fix it, or train without --tracker.`,
      { cause },
    )
  const tracker = await import(pathToFileURL(file).href).then(
    module => module as Partial<TrackerModule>,
    error => {
      throw failed('cannot be imported', error)
    },
  )
  const { log } = tracker
  if (typeof log !== 'function') {
    throw new UserError(
      `--tracker: ${file} exports no function log. Export log(metrics, { step }), and if you like init({ name, config }) and finish(result).`,
    )
  }
  try {
    await tracker.init?.({ name: basename(folder), config: settings })
  } catch (error) {
    throw failed('failed in init', error)
  }
  const { onMetrics, flush } = trackMetrics({ log: (...args) => log(...args) }, { onWarning })
  return {
    onMetrics,
    async finish(result) {
      await flush()
      try {
        await tracker.finish?.(result)
      } catch (error) {
        onWarning(failed('failed in finish', error).message)
      }
    },
  }
}
