import type { OptimizerName, ScheduleName } from './names.ts'

/** How a model is trained, whatever the model, the stories and the engine. */
export interface Recipe {
  optimizer: OptimizerName
  /** Decoupled weight decay of matrices. */
  weightDecay: number
  /** Decay only where the update makes a weight smaller, too. Of Muon. */
  cautiousDecay: boolean
  /** Muon's learning rate as a multiple of the schedule's. */
  muonFactor: number
  /**
   * Whether Muon takes maps that lie side by side (queries, keys and values; SwiGLU's gate and up) one by one, and scales
   * each by its outputs and inputs.
   */
  separateMaps: boolean
  schedule: ScheduleName
  /** Highest learning rate of the schedule. */
  learningRate: number
  warmupSteps: number
  /** Share of the run over which the rate falls at its end. Of `wsd`. */
  decayShare: number
  /** Windows in a batch. */
  batchSize: number
  /** Batches of one step. */
  accumulate: number
  labelSmoothing: number
  zLoss: number
  /** Share of what is added to the residual stream that is dropped in training, from 0 to below 1. */
  dropout: number
  /** Decay of the averaged weights, which are then evaluated and saved; null: the weights themselves are. */
  averageDecay: number | null
  /** Factors of the learning rate by patterns of parameters' names, such as `layers.0.*`. */
  learningRates: Readonly<Record<string, number>>
  /** Decides the initial weights, the order of the stories, and what is dropped. */
  seed: number
}

/** The recipe unless something else is asked for. */
export const defaultRecipe: Recipe = {
  optimizer: 'muon',
  weightDecay: 0.1,
  cautiousDecay: true,
  muonFactor: 10,
  separateMaps: true,
  schedule: 'cosine',
  learningRate: 3e-3,
  warmupSteps: 100,
  decayShare: 0.2,
  batchSize: 8,
  accumulate: 1,
  labelSmoothing: 0,
  zLoss: 0,
  dropout: 0,
  averageDecay: null,
  learningRates: {},
  seed: 42,
}
