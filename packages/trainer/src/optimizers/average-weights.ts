import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

const slotName = 'average'

/** Whether a slot, however deep in a composition, is one in which {@link averageWeights} keeps its averages. */
export function isAverageSlot(slot: string): boolean {
  return slot === slotName || slot.endsWith(`.${slotName}`)
}

/**
 * The averages of the parameters from an optimizer's state, where it keeps any: parameters of which none is kept are
 * taken as they are, and of two averages in one chain the later counts.
 *
 * @returns undefined where nothing is averaged
 */
export function averagedParameters<T>(
  parameters: Record<string, T>,
  state: Record<string, Record<string, T>>,
): Record<string, T> | undefined {
  const slots = Object.keys(state).filter(isAverageSlot)
  if (slots.length === 0) return undefined
  return Object.assign({}, parameters, ...slots.map(slot => state[slot])) as Record<string, T>
}

/**
 * An exponential moving average of the weights, kept beside them: a ← d · a + (1 − d) · p. It changes no update. Put
 * it last: `chain(adamW(), averageWeights({ decay: 0.999 }))`; the trainer then evaluates and saves the averages.
 *
 * The decay of step t is min(decay, (1 + t) / (10 + t)), as TensorFlow's ExponentialMovingAverage has it, so that
 * the random initial weights are soon forgotten.
 */
export function averageWeights({ decay = 0.999 }: { decay?: number } = {}): Optimizer {
  checkOption('decay', decay, decay > 0 && decay < 1, 'in (0, 1)')
  return {
    init: parameters => ({ [slotName]: mapRecord(parameters, p => tf.clone(p)) }),
    update(updates, state, { parameters, scalars }) {
      const share = scalars.averageShare!
      const average = mapRecord(updates, (update, name) => {
        const before = state[slotName]![name]!
        const after = tf.sub(parameters[name]!, update)
        return tf.add(before, tf.mul(tf.sub(after, before), share))
      })
      return { updates, state: { [slotName]: average } }
    },
    // What is added of the new weights, 1 − d: the difference is taken in double precision.
    scalars: step => ({ averageShare: 1 - Math.min(decay, (1 + step) / (10 + step)) }),
    source: { module: import.meta.url, export: 'averageWeights', argument: { decay } },
  }
}
