import type { SampledToken } from '../generation/sample-token.ts'
import type { DecodeText } from './decoder.ts'
import type { DecoderThread } from './decoder-thread.ts'

interface Call {
  texts: readonly DecodeText[]
  count: number
  resolve: (tokens: SampledToken[][]) => void
  reject: (error: unknown) => void
}

/** A decoder that computes together what is asked of it, by whomever, before the event loop turns. */
export function coalesced(decoder: DecoderThread): DecoderThread {
  let waiting: Call[] = []

  async function runAll(): Promise<void> {
    const calls = waiting
    waiting = []
    const counts = new Set(calls.map(({ count }) => count))
    for (const count of counts) await runTogether(calls.filter(call => call.count === count))
  }

  async function runTogether(calls: readonly Call[]): Promise<void> {
    try {
      const all = await decoder.next(
        calls.flatMap(({ texts }) => texts),
        calls[0]!.count,
      )
      let from = 0
      for (const { texts, resolve } of calls) {
        resolve(all.slice(from, from + texts.length))
        from += texts.length
      }
    } catch (error) {
      if (calls.length === 1) calls[0]!.reject(error)
      // What one text does wrong is not the others' fault. They say themselves where they are, so that each can be read again.
      else for (const call of calls) await runTogether([call])
    }
  }

  return {
    ...decoder,
    next: (texts, count) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ texts, count, resolve, reject }) === 1)
          setTimer(() => {
            void runAll()
          })
      }),
  }
}

/** After all that the present turn of the event loop brings. */
function setTimer(run: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(run)
  else setTimeout(run)
}
