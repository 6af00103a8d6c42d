import type { Clock } from '../index.ts'

/** A clock that jumps to the next timer as soon as nothing else is left to do in this process. */
export interface VirtualClock extends Clock {
  /** Every time that was slept, in order. */
  readonly slept: readonly number[]
}

/** For clients whose `fetch` answers in this process: with real connections the clock would run ahead of them. */
export function createVirtualClock(): VirtualClock {
  let time = 0
  let isScheduled = false
  const slept: number[] = []
  const timers: { at: number; ring(): void }[] = []

  function advance(): void {
    isScheduled = false
    timers.sort((a, b) => a.at - b.at)
    const next = timers.shift()
    if (next === undefined) return
    time = Math.max(time, next.at)
    next.ring()
    schedule()
  }

  function schedule(): void {
    if (isScheduled || timers.length === 0) return
    isScheduled = true
    // Behind all promises, and behind what they begin.
    setImmediate(() => setImmediate(advance))
  }

  return {
    slept,
    now: () => time,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason)
          return
        }
        slept.push(milliseconds)
        const timer = { at: time + milliseconds, ring: resolve }
        timers.push(timer)
        schedule()
        signal?.addEventListener(
          'abort',
          () => {
            const index = timers.indexOf(timer)
            if (index >= 0) timers.splice(index, 1)
            reject(signal.reason)
          },
          { once: true },
        )
      }),
  }
}
