/** The callbacks that wait for a signal, and its one listener. */
interface Waiting {
  callbacks: Set<() => void>
  listener: () => void
}

const waitingFor = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls back when a signal is aborted. However many wait for a signal, it has one listener: thousands of calls may
 * share one, and Node warns of a leak above ten listeners. A signal that is aborted already never calls back.
 *
 * @returns a function that takes the callback back
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const waiting = waitingFor.get(signal) ?? listen(signal)
  waiting.callbacks.add(callback)
  return () => {
    waiting.callbacks.delete(callback)
    if (waiting.callbacks.size > 0 || waitingFor.get(signal) !== waiting) return
    // A signal without listeners can be garbage-collected.
    waitingFor.delete(signal)
    signal.removeEventListener('abort', waiting.listener)
  }
}

function listen(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>()
  const listener = (): void => {
    for (const each of [...callbacks]) each()
  }
  const waiting = { callbacks, listener }
  waitingFor.set(signal, waiting)
  signal.addEventListener('abort', listener, { once: true })
  return waiting
}
