const EVENTS = ['uncaughtException', 'unhandledRejection'] as const

/**
 * Runs `start` and takes away the handlers it adds for uncaught errors. Emscripten's start-up code installs two
 * that turn every unhandled rejection of the whole program into an abort of its own.
 */
export async function withoutNewProcessListeners<T>(start: () => Promise<T>): Promise<T> {
  if (typeof process === 'undefined' || typeof process.listeners !== 'function') return start()
  const before = EVENTS.map(event => new Set(process.listeners(event as 'uncaughtException')))
  try {
    return await start()
  } finally {
    EVENTS.forEach((event, i) => {
      for (const listener of process.listeners(event as 'uncaughtException')) {
        if (!before[i]!.has(listener)) process.removeListener(event, listener)
      }
    })
  }
}
