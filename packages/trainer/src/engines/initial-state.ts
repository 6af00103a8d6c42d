import * as tf from '@tensorflow/tfjs-core'
import type { Optimizer } from '../optimizers/optimizer.ts'
import type { ArrayRecord, EngineState, TensorRecord } from '../types.ts'
import { toArrays } from './to-arrays.ts'

/** The state before the first step: the parameters as they are, and the optimizer's initial slots. */
export async function initialState(parameters: TensorRecord, optimizer: Optimizer): Promise<EngineState> {
  const slots = tf.tidy(() => ({ ...optimizer.init(parameters) }))
  try {
    const optimizerArrays: Record<string, ArrayRecord> = {}
    for (const [slot, tensors] of Object.entries(slots)) optimizerArrays[slot] = await toArrays(tensors)
    return { parameters: await toArrays(parameters), optimizer: optimizerArrays }
  } finally {
    tf.dispose(slots)
  }
}
