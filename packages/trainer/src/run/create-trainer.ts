import { TrainerError } from '../errors.ts'
import { openRunFolder, type RunFolderOptions } from './run-folder.ts'
import { shapesOf, startTrainer } from './start-trainer.ts'
import type { CoreTrainerOptions, Trainer } from './trainer-types.ts'

/** Options of {@link createTrainer}. */
export interface TrainerOptions extends CoreTrainerOptions {
  /** Where metrics and checkpoints go; without it the run leaves nothing on disk. */
  run?: RunFolderOptions
}

/** How a run is resumed. */
export interface ResumeOptions {
  /** Continues from the newest whole checkpoint of `run.folder`. Default false. */
  resume?: boolean
  /** Resumes although the run was made with something else; other data then starts at its beginning. Default false. */
  force?: boolean
}

/**
 * Sets up a run: the engine, the initial state or the newest whole checkpoint (`resume`), the metrics file. The run
 * folder is locked until `dispose`.
 *
 * @throws TrainerError when there is nothing to resume or the run was made with something else; LockError when another
 *   process trains in the folder; FileError when it cannot be written; and what the engine's package throws
 */
export async function createTrainer(options: TrainerOptions & ResumeOptions): Promise<Trainer> {
  const { model, run, callbacks } = options
  if (options.resume && !run)
    throw new TrainerError('missing-option', { option: 'run.folder', neededBy: 'resume' })
  const storage = run && (await openRunFolder(run, shapesOf(model), text => callbacks?.onWarning?.(text)))
  try {
    return await startTrainer({ ...options, ...run, storage })
  } catch (error) {
    await storage?.release()
    throw error
  }
}

/** Continues the run whose checkpoints are in `options.run.folder`: `createTrainer` with `resume`. */
export function resumeTrainer(options: TrainerOptions & Pick<ResumeOptions, 'force'>): Promise<Trainer> {
  return createTrainer({ ...options, resume: true })
}
