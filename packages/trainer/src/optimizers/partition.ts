import type { TensorRecord } from '../types.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'

/**
 * Gives each parameter to one of two optimisers by its name and shape.
 *
 * @param choose true: `first` takes the parameter; false: `second`
 */
export function partition(
  choose: (name: string, shape: number[]) => boolean,
  first: Optimizer,
  second: Optimizer,
): Optimizer {
  const part = (record: TensorRecord, wanted: boolean): TensorRecord =>
    Object.fromEntries(
      Object.entries(record).filter(([name, tensor]) => choose(name, tensor.shape) === wanted),
    )
  const prefixed = (prefix: string, state: OptimizerState): OptimizerState =>
    Object.fromEntries(Object.entries(state).map(([slot, tensors]) => [prefix + slot, tensors]))
  const unprefixed = (prefix: string, state: OptimizerState): OptimizerState =>
    Object.fromEntries(
      Object.entries(state)
        .filter(([slot]) => slot.startsWith(prefix))
        .map(([slot, tensors]) => [slot.slice(prefix.length), tensors]),
    )
  const halves = [
    { prefix: 'first.', optimizer: first, wanted: true },
    { prefix: 'second.', optimizer: second, wanted: false },
  ]
  return {
    init: parameters =>
      Object.assign(
        {},
        ...halves.map(({ prefix, optimizer, wanted }) =>
          prefixed(prefix, optimizer.init(part(parameters, wanted))),
        ),
      ) as OptimizerState,
    update(updates, state, context) {
      const next: OptimizerState = {}
      const merged: TensorRecord = {}
      for (const { prefix, optimizer, wanted } of halves) {
        const result = optimizer.update(part(updates, wanted), unprefixed(prefix, state), {
          ...context,
          parameters: part(context.parameters, wanted),
        })
        Object.assign(merged, result.updates)
        Object.assign(next, prefixed(prefix, result.state))
      }
      // In the order in which they came.
      const ordered = Object.fromEntries(Object.keys(updates).map(name => [name, merged[name]!]))
      return { updates: ordered, state: next }
    },
    scalars: step => ({ ...first.scalars(step), ...second.scalars(step) }),
  }
}
