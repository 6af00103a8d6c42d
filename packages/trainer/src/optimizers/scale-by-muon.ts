import * as tf from '@tensorflow/tfjs-core'
import { checkOption, TrainerError } from '../errors.ts'
import type { TensorRecord } from '../types.ts'
import type { Optimizer } from './optimizer.ts'
import { orthogonalize } from './orthogonalize.ts'

/** Options of {@link scaleByMuon}. */
export interface MuonOptions {
  /** Decay of the running sum of gradients. Default 0.95. */
  momentum?: number
  /** Which side of a matrix its inputs are on: `out-in` as PyTorch has it, `in-out` as tfjs. Default `out-in`. */
  layout?: 'out-in' | 'in-out'
  /**
   * Maps that lie side by side in one matrix, such as queries, keys and values: the columns of each, by the end of the
   * parameter's name. Each is made orthogonal by itself. Default: none.
   */
  maps?: Readonly<Record<string, readonly number[]>>
}

/**
 * Muon's direction for matrices (Jordan and others, 2024): momentum in Nesterov's form, made semi-orthogonal, times
 * √max(1, outputs / inputs), so that every direction of a weight moves alike. Every update must be a matrix.
 */
export function scaleByMuon({ momentum = 0.95, layout = 'out-in', maps = {} }: MuonOptions = {}): Optimizer {
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
        const own = Object.entries(maps).find(([end]) => name.endsWith(end))?.[1] ?? [columns]
        const parts = own.length > 1 ? (tf.split(ahead, [...own], 1) as tf.Tensor2D[]) : [ahead]
        const moved = parts.map(part => {
          const outputsPerInput = layout === 'out-in' ? rows / columns : part.shape[1] / rows
          return tf.mul(orthogonalize(part), Math.sqrt(Math.max(1, outputsPerInput)))
        })
        directions[name] = moved.length > 1 ? tf.concat(moved, 1) : moved[0]!
        sums[name] = sum
      }
      return { updates: directions, state: { momentum: sums } }
    },
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'scaleByMuon', argument: { momentum, layout, maps } },
  }
}
