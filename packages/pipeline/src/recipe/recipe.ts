import type { OptimizerName, ScheduleName } from './names.ts'

/** How a model is trained, whatever the model, the stories and the engine. */
export interface Recipe {
  optimizer: OptimizerName
  /** Decoupled weight decay of matrices. */
  weightDecay: number
  schedule: ScheduleName
  /** Highest learning rate of the schedule. */
  learningRate: number
  warmupSteps: number
  /** Windows in a batch. */
  batchSize: number
  /** Batches of one step. */
  accumulate: number
  labelSmoothing: number
  zLoss: number
  /** Decay of the averaged weights, which are then evaluated and saved; null: the weights themselves are. */
  averageDecay: number | null
  /** Decides the initial weights and the order of the stories. */
  seed: number
}

/** The recipe unless something else is asked for. */
export const defaultRecipe: Recipe = {
  optimizer: 'muon',
  weightDecay: 0.1,
  schedule: 'cosine',
  learningRate: 3e-3,
  warmupSteps: 100,
  batchSize: 8,
  accumulate: 1,
  labelSmoothing: 0,
  zLoss: 0,
  averageDecay: null,
  seed: 42,
}
