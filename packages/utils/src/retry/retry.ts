import { type BackoffOptions, computeRetryDelay } from './retry-delay.ts'
import { type Sleep, sleep as systemSleep } from './sleep.ts'
import { TransientError } from './transient-error.ts'

/** Options of {@link retry}. */
export interface RetryOptions extends BackoffOptions {
  /** Further attempts after a {@link TransientError}. Default 4. */
  retries?: number
  /** Milliseconds: when the server asks to wait longer than this, its error is thrown. Default 600,000. */
  maxRetryAfter?: number
  /** Whether another attempt is made when there is no network or no such host at all. Default true. */
  retryOffline?: boolean
  /** Ends the waiting immediately: `retry` then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Called before each wait. */
  onRetry?: (event: { error: TransientError; attempt: number; delay: number }) => void
  /** Waits. Default: by the clock of the system. */
  sleep?: Sleep
}

/**
 * Runs an operation, and again after each {@link TransientError}, with growing waits between (see
 * {@link computeRetryDelay}).
 *
 * @param operation gets the number of failed attempts before; it should pass `signal` on to what it calls
 * @throws the last TransientError when the attempts are used up; every other error immediately; the signal's reason
 */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { retries = 4, maxRetryAfter = 600_000, retryOffline = true, signal, sleep = systemSleep } = options
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await operation(attempt)
    } catch (error) {
      signal?.throwIfAborted()
      if (!TransientError.isInstance(error) || attempt >= retries) throw error
      if (error.code === 'no-connection' && error.details.offline && !retryOffline) throw error
      const retryAfter = error.code === 'server-busy' ? error.details.retryAfter : undefined
      if ((retryAfter ?? 0) > maxRetryAfter) throw error
      const delay = computeRetryDelay(attempt, retryAfter, options)
      options.onRetry?.({ error, attempt, delay })
      await sleep(delay, signal)
    }
  }
}
