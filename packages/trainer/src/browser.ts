import { type CoreTrainerOptions, startTrainer, type Trainer } from './start-trainer.ts'

export * from './core.ts'

/**
 * Sets up a run in a page: as in Node, but it leaves nothing on disk, and so has nothing to resume from. A page keeps
 * what it wants of `trainer.save()`.
 *
 * @throws what the engine throws when it is not there
 */
export function createTrainer(options: CoreTrainerOptions): Promise<Trainer> {
  return startTrainer({ ...options, storage: undefined })
}
