import type { Optimizer, OptimizerState } from './optimizer.ts'

/**
 * Links one after the other: `chain(clipByGlobalNorm(1), scaleByAdam(), addDecayedWeights(0.1), scaleByLearningRate())`.
 *
 * @throws RangeError when two links keep state in a slot of the same name.
 */
export function chain(...links: Optimizer[]): Optimizer {
  const sources = links.map(link => link.source)
  return {
    init(parameters) {
      const state: OptimizerState = {}
      for (const link of links) {
        for (const [slot, tensors] of Object.entries(link.init(parameters))) {
          if (slot in state) throw new RangeError(`chain: two links keep their state in the slot "${slot}"`)
          state[slot] = tensors
        }
      }
      return state
    },
    update(updates, state, context) {
      let current = updates
      const next: OptimizerState = {}
      for (const link of links) {
        const result = link.update(current, state, context)
        current = result.updates
        Object.assign(next, result.state)
      }
      return { updates: current, state: next }
    },
    scalars: step => Object.assign({}, ...links.map(link => link.scalars(step))) as Record<string, number>,
    ...(sources.every(source => source !== undefined) ? { source: sources } : {}),
  }
}
