import type { Stage } from '../stream/stage.ts'
import { through } from '../stream/through.ts'

/** The items for which `keep` says true, which must say the same when asked again. */
export function filter<T>(
  upstream: Stage<T>,
  keep: (item: T) => boolean | Promise<boolean>,
  name = 'filter',
): Stage<T> {
  const { permuted } = upstream
  const filtered = through<T, T>(upstream, {
    name,
    upstreamOf: from => from,
    iterate: cursor => ({
      async next() {
        for (;;) {
          const item = await cursor.next()
          if (item === undefined || (await keep(item.value))) return item
        }
      },
      state: () => cursor.state(),
    }),
    // A position given once has passed already.
    restore: (positions, context) => upstream.restore(positions, context),
  })
  return permuted ? { ...filtered, permuted: seed => filter(permuted(seed), keep, name) } : filtered
}
