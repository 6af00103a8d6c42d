import type { RunStorage } from './run/run-storage.ts'
import { startTrainer } from './run/start-trainer.ts'
import type { CoreTrainerOptions, Trainer } from './run/trainer-types.ts'

export * from './core.ts'
export type { Checkpoint, CheckpointProgress } from './run/checkpoint.ts'
export type { MetricsSink, RunStorage } from './run/run-storage.ts'

/** Options of `createTrainer` in a page. */
export interface TrainerOptions extends CoreTrainerOptions {
  /** Where metrics and checkpoints go, in the browser's storage for example; without it the run leaves nothing. */
  storage?: RunStorage
  /** Continues from the newest checkpoint of `storage`. Default false. */
  resume?: boolean
  /** Steps between checkpoints. Default 200, or no limit where `checkpointEverySeconds` is given. */
  checkpointEverySteps?: number
  /**
   * Seconds of training after which a checkpoint is due at the end of a step; the first step has one too, so that
   * storage that does not work is known at once. Default: no limit.
   */
  checkpointEverySeconds?: number
  /** Whether the best evaluation gets a checkpoint of its own. Default true. */
  keepBest?: boolean
}

/**
 * Sets up a run in a page: as in Node, but the place for its checkpoints is given by the page.
 *
 * @throws what the engine throws when it is not there, and what `storage` throws when there is nothing to resume
 */
export function createTrainer({ storage, ...options }: TrainerOptions): Promise<Trainer> {
  return startTrainer({ ...options, storage })
}
