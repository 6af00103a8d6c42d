import type { BatchStream, TokenBatch } from '../types.ts'

/** The batches of one step, with the cursor's state right after them. */
export interface StepBatches {
  batches: TokenBatch[]
  state: unknown
}

/** Draws the batches of the next step from the data while the engine works on those of the present one. */
export interface BatchPrefetcher {
  /** @returns undefined at the end of the data */
  next(): Promise<StepBatches | undefined>
  close(): Promise<void>
}

/** @param from a state of the stream's cursor, or undefined for its start */
export function createBatchPrefetcher(
  data: BatchStream,
  from: unknown,
  batchesPerStep: number,
): BatchPrefetcher {
  const cursor = data.iterate(from === undefined ? {} : { from })
  const draw = async (): Promise<StepBatches | undefined> => {
    const batches: TokenBatch[] = []
    while (batches.length < batchesPerStep) {
      const { done, value } = await cursor.next()
      if (done) break
      batches.push(value)
    }
    // The state is taken before a later batch changes it.
    return batches.length === 0 ? undefined : { batches, state: cursor.state() }
  }
  let upcoming: Promise<StepBatches | undefined> | undefined
  return {
    async next() {
      upcoming ??= draw()
      const drawn = await upcoming
      if (drawn) {
        upcoming = draw()
        upcoming.catch(() => {})
      }
      return drawn
    },
    async close() {
      await cursor.return?.()
      await upcoming?.catch(() => {})
    },
  }
}
