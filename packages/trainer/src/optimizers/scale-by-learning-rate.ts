import * as tf from '@tensorflow/tfjs-core'
import { mapRecord, type Optimizer } from './optimizer.ts'

/** Multiplies the updates by the schedule's learning rate of this step. */
export function scaleByLearningRate(): Optimizer {
  return {
    init: () => ({}),
    update: (updates, _state, { scalars }) => ({
      updates: mapRecord(updates, update => tf.mul(update, scalars.learningRate!)),
      state: {},
    }),
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'scaleByLearningRate', argument: undefined },
  }
}
