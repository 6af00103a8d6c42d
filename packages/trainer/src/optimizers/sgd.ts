import { addDecayedWeights } from './add-decayed-weights.ts'
import { chain } from './chain.ts'
import { type ClippingOptions, clipByGlobalNorm } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'
import { scaleByLearningRate } from './scale-by-learning-rate.ts'
import { type MomentumOptions, scaleByMomentum } from './scale-by-momentum.ts'

/** Options of {@link sgd}. */
export interface SgdOptions extends MomentumOptions, ClippingOptions {
  /** Decoupled decay of matrices. Default 0. */
  weightDecay?: number
}

/** Gradient descent with momentum and clipping. `momentum: 0` keeps no state. */
export function sgd({
  momentum = 0.9,
  nesterov = false,
  weightDecay = 0,
  maxGradientNorm = 1,
}: SgdOptions = {}): Optimizer {
  const links = momentum === 0 ? [] : [scaleByMomentum({ momentum, nesterov })]
  return chain(
    clipByGlobalNorm(maxGradientNorm),
    ...links,
    addDecayedWeights(weightDecay),
    scaleByLearningRate(),
  )
}
