import type { Optimizer, UpdateContext } from './optimizer.ts'

/**
 * The same optimizer with its slots and scalars named `name.slot`, so that the parts of a composition, which may be
 * alike, never share any. Every part still sees the schedule's `learningRate` under that name.
 */
export function namespaced(name: string, optimizer: Optimizer): Optimizer {
  const prefix = `${name}.`
  const add = <T>(record: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [prefix + key, value]))
  const remove = <T>(record: Record<string, T>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(record)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    )
  const contextOf = (context: UpdateContext): UpdateContext => {
    const { learningRate } = context.scalars
    return {
      ...context,
      scalars: { ...(learningRate && { learningRate }), ...remove(context.scalars) },
    }
  }
  return {
    init: parameters => add(optimizer.init(parameters)),
    update(updates, state, context) {
      const result = optimizer.update(updates, remove(state), contextOf(context))
      return { updates: result.updates, state: add(result.state) }
    },
    scalars: step => add(optimizer.scalars(step)),
  }
}

/**
 * The name that a slot had in checkpoints before parts had names of their own: `1.first.0.momentum` was
 * `first.momentum`.
 */
export function legacySlotName(slot: string): string {
  return slot
    .split('.')
    .filter(part => !/^\d+$/.test(part))
    .join('.')
}
