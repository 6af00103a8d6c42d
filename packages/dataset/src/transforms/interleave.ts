import { Random, type RandomState } from '@tinystories/utils/random'
import { fieldsOf, type Json } from '../stream/json.ts'
import type { Stage, StageCursor } from '../stream/stage.ts'
import { restoreParts, sumOfBytes } from './parts.ts'

/** Options of `interleave`. */
export interface InterleaveOptions {
  /**
   * How often each stream is drawn, the one it is called on first; any positive numbers, their sum counts as 1.
   * Default: the streams take turns.
   */
  probabilities?: readonly number[]
  /** Decides the draws, together with the epoch. Default 0. */
  seed?: number
  /**
   * `first` (default): ends when the stream whose turn it is has no more items. `all`: a stream without more items is
   * left out from then on, and each item comes once. To draw an exhausted stream again put `repeat` behind it.
   */
  until?: 'first' | 'all'
}

/** Items of several stages in turns, or as they are drawn. */
export function interleave<T>(stages: readonly Stage<T>[], options: InterleaveOptions): Stage<T> {
  const { probabilities, seed = 0, until = 'first' } = options
  const how = probabilities === undefined ? 'in turns' : `${probabilities.join(' : ')}, seed ${seed}`
  return {
    recipe: [
      `interleave(${how}, until ${until}; ${stages.map(stage => stage.recipe.join(' | ')).join('; ')})`,
    ],
    open(context, from): StageCursor<T> {
      const fields = from === undefined ? undefined : fieldsOf(from)
      const states = fields?.parts as readonly Json[] | undefined
      const ended = stages.map((_, part) => (fields?.ended as boolean[] | undefined)?.[part] ?? false)
      const random = fields
        ? new Random(fields.random as unknown as RandomState)
        : new Random(seed).stream('interleave', context.epoch)
      let turn = (fields?.turn as number | undefined) ?? 0
      let over = fields?.over === true
      const cursors = stages.map((stage, part) => stage.open(context, states?.[part]))
      const draw = (): number => {
        if (probabilities === undefined) {
          while (ended[turn]) turn = (turn + 1) % stages.length
          const part = turn
          turn = (turn + 1) % stages.length
          return part
        }
        const weights = probabilities.map((weight, part) => (ended[part] ? 0 : weight))
        let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
        for (let part = 0; part < weights.length; part++) {
          left -= weights[part]!
          if (left < 0 && weights[part]! > 0) return part
        }
        // Rounding may leave a rest: it belongs to the last one that can be drawn.
        return weights.findLastIndex(weight => weight > 0)
      }
      return {
        async next() {
          while (!over) {
            const part = draw()
            const item = await cursors[part]!.next()
            if (item !== undefined) return { value: item.value, at: [part, item.at] }
            ended[part] = true
            over = until === 'first' || ended.every(Boolean)
          }
          return undefined
        },
        state: () => ({
          random: random.state as unknown as Json,
          turn,
          over,
          ended: ended.slice(),
          parts: cursors.map(cursor => cursor.state()),
        }),
        bytesRead: () => cursors.reduce((sum, cursor) => sum + cursor.bytesRead(), 0),
        async close() {
          // All are closed, also when one of them fails to.
          const results = await Promise.allSettled(cursors.map(cursor => cursor.close()))
          const failed = results.find(result => result.status === 'rejected')
          if (failed) throw failed.reason
        },
      }
    },
    restore: (positions, context) => restoreParts(stages, positions, context),
    bytesTotal: context => sumOfBytes(stages, context),
  }
}
