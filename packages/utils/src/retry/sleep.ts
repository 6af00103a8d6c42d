import { onAbort } from './on-abort.ts'

/** Waits some milliseconds; rejects with the signal's reason as soon as that is aborted. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>

/** Longer times would overflow the timer and fire immediately. */
const longestTimer = 2 ** 31 - 1

/** {@link Sleep} by the clock of the system. */
export const sleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const timer = setTimeout(
      () => {
        stopListening?.()
        resolve()
      },
      Math.min(milliseconds, longestTimer),
    )
    const stopListening =
      signal &&
      onAbort(signal, () => {
        clearTimeout(timer)
        reject(signal.reason)
      })
  })
