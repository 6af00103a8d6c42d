import { addDecayedWeights } from './add-decayed-weights.ts'
import { chain } from './chain.ts'
import { type ClippingOptions, clipByGlobalNorm } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'
import { scaleByLearningRate } from './scale-by-learning-rate.ts'
import { type LionOptions, scaleByLion } from './scale-by-lion.ts'

/** Options of {@link lion}. */
export interface LionWithDecayOptions extends LionOptions, ClippingOptions {
  /** Decoupled decay of matrices. Default 1: Lion's rate is small, so its decay is to be large. */
  weightDecay?: number
}

/** Lion with clipping and decoupled decay: p ← p − lr · (sign(beta1 · m + (1 − beta1) · g) + weightDecay · p). */
export function lion({
  weightDecay = 1,
  maxGradientNorm = 1,
  ...options
}: LionWithDecayOptions = {}): Optimizer {
  return chain(
    clipByGlobalNorm(maxGradientNorm),
    scaleByLion(options),
    addDecayedWeights(weightDecay),
    scaleByLearningRate(),
  )
}
