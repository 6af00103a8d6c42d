import { type Sleep, sleep } from '@tinystories/utils/retry'

/** The time as limits and deadlines see it. Tests give one of their own and never wait. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number
  sleep: Sleep
}

/** The clock of the system. */
export const systemClock: Clock = { now: () => performance.now(), sleep }
