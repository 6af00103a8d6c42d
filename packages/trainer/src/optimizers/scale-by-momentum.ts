import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import type { TensorRecord } from '../types.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Options of {@link scaleByMomentum}. */
export interface MomentumOptions {
  /** Decay of the running sum of gradients. Default 0.9. */
  momentum?: number
  /** Looks one step ahead along the running sum (Nesterov). Default false. */
  nesterov?: boolean
}

/**
 * Heavy-ball momentum (Polyak, 1964) as PyTorch counts it: b ← momentum · b + g; the direction is b, or with
 * `nesterov` g + momentum · b (Sutskever and others, 2013).
 */
export function scaleByMomentum({ momentum = 0.9, nesterov = false }: MomentumOptions = {}): Optimizer {
  checkOption('momentum', momentum, momentum >= 0 && momentum < 1, 'in [0, 1)')
  return {
    init: parameters => ({ momentum: mapRecord(parameters, p => tf.zerosLike(p)) }),
    update(updates, state) {
      const sums: TensorRecord = {}
      const directions: TensorRecord = {}
      for (const [name, gradient] of Object.entries(updates)) {
        const sum = tf.add(tf.mul(state.momentum![name]!, momentum), gradient)
        directions[name] = nesterov ? tf.add(gradient, tf.mul(sum, momentum)) : sum
        sums[name] = sum
      }
      return { updates: directions, state: { momentum: sums } }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'scaleByMomentum', argument: { momentum, nesterov } },
  }
}
