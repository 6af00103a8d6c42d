import { addDecayedWeights } from './add-decayed-weights.ts'
import { chain } from './chain.ts'
import { clipByGlobalNorm } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'
import { type AdamOptions, scaleByAdam } from './scale-by-adam.ts'
import { scaleByLearningRate } from './scale-by-learning-rate.ts'

export interface AdamWOptions extends AdamOptions {
  /** Decoupled decay of matrices. Default 0.1, the recipe of the TinyStories models. */
  weightDecay?: number
  /** Largest global norm of the gradients. Default 1; `Number.POSITIVE_INFINITY` switches clipping off. */
  maxGradientNorm?: number
}

/** AdamW with clipping: p ← p − lr · (m̂ / (√v̂ + ε) + weightDecay · p). */
export function adamW({ weightDecay = 0.1, maxGradientNorm = 1, ...adam }: AdamWOptions = {}): Optimizer {
  const clip = maxGradientNorm === Number.POSITIVE_INFINITY ? [] : [clipByGlobalNorm(maxGradientNorm)]
  return chain(...clip, scaleByAdam(adam), addDecayedWeights(weightDecay), scaleByLearningRate())
}
