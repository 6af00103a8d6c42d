/** When a failed attempt is repeated. */
export interface BackoffOptions {
  /** Milliseconds before the first further attempt; doubled each time. Default 500. */
  retryDelay?: number
  /** Milliseconds to which the doubling grows. Default 30,000. */
  maxRetryDelay?: number
  /** Uniform numbers in [0, 1) for the jitter. Default `Math.random`. */
  random?: () => number
}

/**
 * Milliseconds to wait before a further attempt. Without a word from the server: exponential, with a random half taken
 * off ("equal jitter"), so that calls that failed together do not come back together.
 *
 * With one: what it asks for, in full. If the attempt that it allowed fails as well, its word is not enough: from then on
 * at least the own backoff, one step behind, so that a server which keeps saying 0 is asked at once only once.
 *
 * @param attempt failed attempts before the one that failed now: 0 after the first
 * @param retryAfter milliseconds that the server asks to wait, see {@link parseRetryAfter}
 */
export function computeRetryDelay(
  attempt: number,
  retryAfter: number | undefined,
  { retryDelay = 500, maxRetryDelay = 30_000, random = Math.random }: BackoffOptions = {},
): number {
  const backoff = (doublings: number): number => {
    const delay = Math.min(maxRetryDelay, retryDelay * 2 ** doublings)
    return delay / 2 + (delay / 2) * random()
  }
  if (retryAfter === undefined) return backoff(attempt)
  return attempt === 0 ? retryAfter : Math.max(retryAfter, backoff(attempt - 1))
}
