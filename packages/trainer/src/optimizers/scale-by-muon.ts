import * as tf from '@tensorflow/tfjs-core'
import { checkOption, TrainerError } from '../errors.ts'
import type { TensorRecord } from '../types.ts'
import type { Optimizer } from './optimizer.ts'
import { orthogonalize } from './orthogonalize.ts'

/** Options of {@link scaleByMuon}. */
export interface MuonOptions {
  /** Decay of the running sum of gradients. Default 0.95. */
  momentum?: number
}

/**
 * Muon's direction for matrices (Jordan and others, 2024): momentum in Nesterov's form, made semi-orthogonal, times
 * √max(1, rows / columns), so that every direction of a weight moves alike. Every update must be a matrix.
 */
export function scaleByMuon({ momentum = 0.95 }: MuonOptions = {}): Optimizer {
  checkOption('momentum', momentum, momentum >= 0 && momentum < 1, 'in [0, 1)')
  return {
    init: parameters => ({
      momentum: Object.fromEntries(Object.entries(parameters).map(([name, p]) => [name, tf.zerosLike(p)])),
    }),
    update(updates, state) {
      const sums: TensorRecord = {}
      const directions: TensorRecord = {}
      for (const [name, gradient] of Object.entries(updates)) {
        const [rows, columns] = gradient.shape
        if (gradient.rank !== 2 || rows === undefined || columns === undefined) {
          const { rank } = gradient
          throw new TrainerError('wrong-rank', {
            transform: 'scaleByMuon',
            parameter: name,
            rank,
            expected: 2,
          })
        }
        const sum = tf.add(tf.mul(state.momentum![name]!, momentum), gradient)
        const ahead = tf.add(gradient, tf.mul(sum, momentum)) as tf.Tensor2D
        directions[name] = tf.mul(orthogonalize(ahead), Math.sqrt(Math.max(1, rows / columns)))
        sums[name] = sum
      }
      return { updates: directions, state: { momentum: sums } }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'scaleByMuon', argument: { momentum } },
  }
}
