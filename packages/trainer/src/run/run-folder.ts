import { join } from 'node:path'
import { acquireLock, createFolder } from '@tinystories/utils/disk'
import { messageOf } from '@tinystories/utils/errors'
import { openMetricsFile } from '../logging/metrics-file.ts'
import { type ArrayFormat, CheckpointStore } from './checkpoint-store.ts'
import type { RunStorage } from './run-storage.ts'

/** Where a run is kept on disk, and how. */
export interface RunFolderOptions {
  folder: string
  format: ArrayFormat
  /** Default 200. */
  checkpointEverySteps?: number
  /** How many of the newest checkpoints to keep. Default 2. */
  keepCheckpoints?: number
  /** Whether an evaluation that is the best so far leaves a checkpoint that is kept in addition. Default true. */
  keepBest?: boolean
  /**
   * Fingerprints of what the run is made with, by name, such as `{ model, tokenizer, data }`. A resume with another is
   * refused, and the error names it.
   */
  identity?: Record<string, string>
  /** Settings of the run, JSON; kept in each checkpoint. */
  config?: unknown
  /** Versions of the software, kept in each checkpoint; Node's is added. */
  versions?: Record<string, string>
}

/**
 * Opens a run's folder for one process: takes its lock and deletes what a killed process left.
 *
 * @throws LockError when another process trains there, FileError when nothing can be written
 */
export async function openRunFolder(
  { folder, format, keepCheckpoints, identity, config, versions }: RunFolderOptions,
  shapes: Record<string, number[]>,
  onWarning: (message: string) => void = () => {},
): Promise<RunStorage> {
  await createFolder(folder)
  const lock = await acquireLock(join(folder, 'run.lock'))
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
    const onFailure = (error: unknown): void =>
      onWarning(`${messageOf(error)} The metrics are kept in memory meanwhile.`)
    return {
      checkpoints,
      openMetrics: bytes => openMetricsFile(join(folder, 'metrics.jsonl'), bytes, onFailure),
      release: () => lock.release(),
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}
