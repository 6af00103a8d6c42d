import { onAbort } from './on-abort.ts'

/** Waits; rejects with the signal's reason when it is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const timer = setTimeout(() => {
      stay()
      resolve()
    }, milliseconds)
    const stay = onAbort(signal, stop)
  })
}
