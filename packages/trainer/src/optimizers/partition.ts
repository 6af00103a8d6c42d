import type { TensorRecord } from '../types.ts'
import { namespaced } from './namespaced.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'

/**
 * Gives each parameter to one of two optimizers by its name and shape. Their slots and scalars are named `first.…` and
 * `second.…`.
 *
 * @param choose true: `first` takes the parameter; false: `second`
 */
export function partition(
  choose: (name: string, shape: number[]) => boolean,
  first: Optimizer,
  second: Optimizer,
): Optimizer {
  const select = (record: TensorRecord, wanted: boolean): TensorRecord =>
    Object.fromEntries(
      Object.entries(record).filter(([name, tensor]) => choose(name, tensor.shape) === wanted),
    )
  const halves = [
    { optimizer: namespaced('first', first), wanted: true },
    { optimizer: namespaced('second', second), wanted: false },
  ]
  return {
    init: parameters =>
      Object.assign(
        {},
        ...halves.map(({ optimizer, wanted }) => optimizer.init(select(parameters, wanted))),
      ) as OptimizerState,
    update(updates, state, context) {
      const next: OptimizerState = {}
      const merged: TensorRecord = {}
      for (const { optimizer, wanted } of halves) {
        const result = optimizer.update(select(updates, wanted), state, {
          ...context,
          parameters: select(context.parameters, wanted),
        })
        Object.assign(merged, result.updates)
        Object.assign(next, result.state)
      }
      // In the order in which they came.
      const ordered = Object.fromEntries(Object.keys(updates).map(name => [name, merged[name]!]))
      return { updates: ordered, state: next }
    },
    scalars: step => Object.assign({}, ...halves.map(({ optimizer }) => optimizer.scalars(step))),
  }
}
