import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArrayFormat, CheckpointStore } from './checkpoints.ts'
import { CheckpointError, describeWriteFailure } from './errors.ts'
import { MetricsFile } from './metrics.ts'
import { RunLock } from './run-lock.ts'
import type { RunStorage } from './run-storage.ts'

/** Where a run lies on disk, and how it is kept. */
export interface RunFolderOptions {
  folder: string
  format: ArrayFormat
  /** Default 200. */
  checkpointEverySteps?: number
  /** How many of the newest checkpoints to keep. Default 2. */
  keepCheckpoints?: number
  /** Whether an evaluation that is the best so far leaves a checkpoint that is kept besides. Default true. */
  keepBest?: boolean
  /**
   * Fingerprints of what the run is made with, by name, such as `{ model, tokenizer, data }`. A resume with another is
   * refused and the name told.
   */
  identity?: Record<string, string>
  /** Settings of the run, JSON; kept in each checkpoint. */
  config?: unknown
  /** Versions of the software, kept in each checkpoint; Node's is added. */
  versions?: Record<string, string>
}

/**
 * Opens a run's folder for one process: takes its lock and clears away what a killed process left.
 *
 * @throws CheckpointError when another process trains there or nothing can be written
 */
export async function openRunFolder(
  { folder, format, keepCheckpoints, identity, config, versions }: RunFolderOptions,
  shapes: Record<string, number[]>,
  onWarning: (message: string) => void = () => {},
): Promise<RunStorage> {
  await mkdir(folder, { recursive: true }).catch(error => {
    throw new CheckpointError(describeWriteFailure('The run folder', folder, error), folder, { cause: error })
  })
  const lock = await RunLock.acquire(folder)
  try {
    const checkpoints = new CheckpointStore({
      folder: join(folder, 'checkpoints'),
      format,
      shapes,
      versions: { node: process.version, ...versions },
      ...(keepCheckpoints === undefined ? {} : { keep: keepCheckpoints }),
      ...(identity === undefined ? {} : { identity }),
      ...(config === undefined ? {} : { config }),
    })
    await checkpoints.prepare()
    return {
      checkpoints,
      openMetrics: bytes => MetricsFile.open(join(folder, 'metrics.jsonl'), bytes, onWarning),
      release: () => lock.release(),
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}
