import type { BatchStream, TokenBatch } from './types.ts'

/** The batches of one step, with the cursor's state right after them. */
export interface TakenBatches {
  batches: TokenBatch[]
  state: unknown
}

/** One walk through the data, a step's batches at a time, the next ones made while the engine works. */
export interface Stint {
  /** @returns undefined at the end of the data */
  take(): Promise<TakenBatches | undefined>
  end(): Promise<void>
}

export function startStint(data: BatchStream, from: unknown, batchesPerStep: number): Stint {
  const cursor = data.iterate(from === undefined ? {} : { from })
  const draw = async (): Promise<TakenBatches | undefined> => {
    const batches: TokenBatch[] = []
    while (batches.length < batchesPerStep) {
      const { done, value } = await cursor.next()
      if (done) break
      batches.push(value)
    }
    // The state is taken before a later batch moves it on.
    return batches.length === 0 ? undefined : { batches, state: cursor.state() }
  }
  let upcoming: Promise<TakenBatches | undefined> | undefined
  return {
    async take() {
      upcoming ??= draw()
      const taken = await upcoming
      if (taken) {
        upcoming = draw()
        upcoming.catch(() => {})
      }
      return taken
    },
    async end() {
      await cursor.return?.()
      await upcoming?.catch(() => {})
    },
  }
}
