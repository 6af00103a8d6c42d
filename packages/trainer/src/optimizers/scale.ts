import * as tf from '@tensorflow/tfjs-core'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Multiplies the updates by a fixed factor. */
export function scale(factor: number): Optimizer {
  return {
    init: () => ({}),
    update: updates => ({ updates: mapRecord(updates, update => tf.mul(update, factor)), state: {} }),
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'scale', argument: factor },
  }
}
