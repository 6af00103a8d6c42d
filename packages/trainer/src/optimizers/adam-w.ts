import { addDecayedWeights } from './add-decayed-weights.ts'
import { chain } from './chain.ts'
import { type ClippingOptions, clipByGlobalNorm } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'
import { type AdamOptions, scaleByAdam } from './scale-by-adam.ts'
import { scaleByLearningRate } from './scale-by-learning-rate.ts'

/** Options of {@link adamW}. */
export interface AdamWOptions extends AdamOptions, ClippingOptions {
  /** Decoupled decay of matrices. Default 0.1, the recipe of the TinyStories models. */
  weightDecay?: number
}

/** AdamW with clipping: p ← p − lr · (m̂ / (√v̂ + ε) + weightDecay · p). */
export function adamW({ weightDecay = 0.1, maxGradientNorm = 1, ...adam }: AdamWOptions = {}): Optimizer {
  return chain(
    clipByGlobalNorm(maxGradientNorm),
    scaleByAdam(adam),
    addDecayedWeights(weightDecay),
    scaleByLearningRate(),
  )
}
