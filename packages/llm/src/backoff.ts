const longest = 30_000

/**
 * Milliseconds to wait before a further try: exponential, with a random half taken off ("equal jitter"), so that calls
 * that failed together do not come back together.
 *
 * @param again 0 before the second try, 1 before the third, …
 */
export function backoff(first: number, again: number, random: () => number = Math.random): number {
  const wait = Math.min(longest, first * 2 ** again)
  return wait / 2 + (wait / 2) * random()
}
