import { adamW } from './adam-w.ts'
import type { ClippingOptions } from './clip-by-global-norm.ts'
import type { Optimizer } from './optimizer.ts'
import type { AdamOptions } from './scale-by-adam.ts'

/** Adam with clipping and without weight decay: p ← p − lr · m̂ / (√v̂ + ε). */
export function adam(options: AdamOptions & ClippingOptions = {}): Optimizer {
  return adamW({ ...options, weightDecay: 0 })
}
