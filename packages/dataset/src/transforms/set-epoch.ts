import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'

/** The same items with every shuffle before it in the order of epoch `epoch` (added to epochs set later on). */
export function setEpoch<T>(upstream: Stage<T>, epoch: number): Stage<T> {
  return through<T, T>(upstream, {
    name: `setEpoch(${epoch})`,
    contextOf: context => ({ ...context, epoch: context.epoch + epoch }),
    upstreamOf: from => from,
    iterate: cursor => ({ next: () => cursor.next(), state: () => cursor.state() }),
    restore: (positions, context) => upstream.restore(positions, context),
  })
}
