import { clipByGlobalNorm } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'

/** Option of every ready-made optimiser. */
export interface ClippingOptions {
  /** Largest global norm of the gradients. Default 1; `Number.POSITIVE_INFINITY` switches clipping off. */
  maxGradientNorm?: number
}

/** No link at all where nothing is to be clipped. */
export function clipLinks(maxGradientNorm = 1): Optimizer[] {
  return maxGradientNorm === Number.POSITIVE_INFINITY ? [] : [clipByGlobalNorm(maxGradientNorm)]
}
