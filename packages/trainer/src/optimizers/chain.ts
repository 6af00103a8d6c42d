import { namespaced } from './namespaced.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'

/**
 * Transforms one after the other:
 * `chain(clipByGlobalNorm(1), scaleByAdam(), addDecayedWeights(0.1), scaleByLearningRate())`. Slots and scalars carry
 * the position of their transform, such as `1.firstMoment`, so that a transform may occur more than once.
 */
export function chain(...transforms: Optimizer[]): Optimizer {
  const parts = transforms.map((transform, position) => namespaced(String(position), transform))
  const sources = transforms.map(transform => transform.source)
  return {
    init: parameters => Object.assign({}, ...parts.map(part => part.init(parameters))) as OptimizerState,
    update(updates, state, context) {
      let current = updates
      const next: OptimizerState = {}
      for (const part of parts) {
        const result = part.update(current, state, context)
        current = result.updates
        Object.assign(next, result.state)
      }
      return { updates: current, state: next }
    },
    scalars: step => Object.assign({}, ...parts.map(part => part.scalars(step))) as Record<string, number>,
    ...(sources.every(source => source !== undefined) ? { source: sources } : {}),
  }
}
