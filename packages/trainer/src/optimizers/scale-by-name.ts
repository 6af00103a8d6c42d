import * as tf from '@tensorflow/tfjs-core'
import { checkOption } from '../errors.ts'
import { nameMatcher } from './name-matcher.ts'
import { mapRecord, type Optimizer } from './optimizer.ts'

/**
 * Multiplies the updates of the parameters whose names fit a pattern, such as `{ 'layers.0.*': 0.1 }`: as the last
 * transform, it gives layers learning rates of their own. Where several patterns fit, their factors are multiplied.
 */
export function scaleByName(factors: Readonly<Record<string, number>>): Optimizer {
  const scales = Object.entries(factors).map(([pattern, factor]) => {
    checkOption(`the factor of ${pattern}`, factor, factor >= 0 && Number.isFinite(factor), '0 or more')
    return { fits: nameMatcher([pattern]), factor }
  })
  const factorOf = (name: string): number =>
    scales.reduce((product, { fits, factor }) => (fits(name) ? product * factor : product), 1)
  return {
    init: () => ({}),
    update: updates => ({
      updates: mapRecord(updates, (update, name) => {
        const factor = factorOf(name)
        return factor === 1 ? update : tf.mul(update, factor)
      }),
      state: {},
    }),
    scalars: () => ({}),
    source: { module: import.meta.url, export: 'scaleByName', argument: factors },
  }
}
