import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  computeRetryDelay,
  connectionError,
  parseRetryAfter,
  type RetryOptions,
  retry,
  sleep,
  TransientError,
} from './index.ts'

const busy = (retryAfter?: number): TransientError =>
  new TransientError('server-busy', { status: 429, retryAfter })

/** Fails with each error in turn, then succeeds; reports the waits, and never waits. */
async function run(
  errors: unknown[],
  options: RetryOptions = {},
): Promise<{ result: string; waits: number[] }> {
  const waits: number[] = []
  const left = [...errors]
  const result = await retry(
    attempt => (left.length > 0 ? Promise.reject(left.shift()) : Promise.resolve(`attempt ${attempt}`)),
    { random: () => 1, sleep: async delay => void waits.push(delay), ...options },
  ).catch((error: unknown) => (error instanceof Error ? error.name : 'thrown'))
  return { result, waits }
}

test('waits twice as long each time, up to a limit, and gives up after its retries', async () => {
  const errors = Array.from({ length: 9 }, () => busy())
  expect(await run(errors, { retries: 9, maxRetryDelay: 4000 })).toEqual({
    result: 'attempt 9',
    waits: [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000],
  })
  expect(await run(errors)).toEqual({ result: 'TransientError', waits: [500, 1000, 2000, 4000] })
  expect(await run(errors, { retries: 0 })).toEqual({ result: 'TransientError', waits: [] })
  expect(await run([])).toEqual({ result: 'attempt 0', waits: [] })
})

test('tries again after transient errors alone', async () => {
  expect(await run([new RangeError('x')])).toEqual({ result: 'RangeError', waits: [] })
  expect(await run([busy(), new RangeError('x')])).toEqual({ result: 'RangeError', waits: [500] })
  const offline = connectionError(
    Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }),
    }),
  )
  expect(offline).toMatchObject({ details: { errno: 'ENOTFOUND', offline: true } })
  expect(await run([offline])).toEqual({ result: 'attempt 1', waits: [500] })
  expect(await run([offline], { retryOffline: false })).toEqual({ result: 'TransientError', waits: [] })
  const reset = connectionError(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  expect(reset).toMatchObject({ code: 'no-connection', details: { offline: false } })
  for (const other of [reset, busy()])
    expect(await run([other], { retryOffline: false })).toEqual({ result: 'attempt 1', waits: [500] })
})

test('tells of each attempt that is made again', async () => {
  const events: unknown[] = []
  const errors = [busy(), busy(1000)]
  await run(errors, { onRetry: event => events.push(event) })
  expect(events).toEqual([
    { error: errors[0], attempt: 0, delay: 500 },
    { error: errors[1], attempt: 1, delay: 1000 },
  ])
})

test('does what the server asks, and asks at once only once', async () => {
  expect((await run([busy(0), busy(0), busy(0)], { retryDelay: 700 })).waits).toEqual([0, 700, 1400])
  expect((await run([busy(5000), busy(5000)])).waits).toEqual([5000, 5000])
  expect((await run([busy(), busy(0), busy(30_001)])).waits).toEqual([500, 500, 30_001])
  expect(await run([busy(600_000)])).toEqual({ result: 'attempt 1', waits: [600_000] })
  expect(await run([busy(600_001)])).toEqual({ result: 'TransientError', waits: [] })
})

test('takes off at most half of its own backoff, never of what the server asks', () => {
  fc.assert(
    fc.property(
      fc.nat(12),
      fc.option(fc.nat(100_000), { nil: undefined }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, retryAfter, part) => {
        const delay = computeRetryDelay(attempt, retryAfter, { random: () => part })
        const full = (doublings: number): number => Math.min(30_000, 500 * 2 ** doublings)
        if (retryAfter !== undefined) {
          expect(delay).toBeGreaterThanOrEqual(retryAfter)
          expect(delay).toBeLessThanOrEqual(Math.max(retryAfter, attempt === 0 ? 0 : full(attempt - 1)))
        } else {
          expect(delay).toBeGreaterThanOrEqual(full(attempt) / 2)
          expect(delay).toBeLessThanOrEqual(full(attempt))
        }
      },
    ),
  )
})

test('an abort ends a wait at once, however long it is', async () => {
  const controller = new AbortController()
  const reason = new Error('stopped')
  let attempts = 0
  const result = retry(
    () => {
      attempts++
      return Promise.reject(busy())
    },
    // If the abort did not end the wait, this test would not end.
    { retryDelay: 2 ** 30, maxRetryDelay: 2 ** 30, signal: controller.signal, onRetry: () => stop() },
  )
  const stop = (): void => void setImmediate(() => controller.abort(reason))
  await expect(result).rejects.toBe(reason)
  expect(attempts).toBe(1)
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  await expect(retry(async () => attempts++, { signal: controller.signal })).rejects.toBe(reason)
  expect(attempts).toBe(1)
})

test('an abort during an attempt wins over the error of the attempt', async () => {
  const controller = new AbortController()
  const result = retry(
    async () => {
      controller.abort(new Error('stopped'))
      throw busy()
    },
    { signal: controller.signal },
  )
  await expect(result).rejects.toThrow('stopped')
})

test('thousands that sleep on one signal share one listener', async () => {
  const controller = new AbortController()
  const sleeping = Array.from({ length: 2000 }, () => sleep(2 ** 40, controller.signal))
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
  const settled = Promise.allSettled(sleeping)
  controller.abort('over')
  expect((await settled).every(each => each.status === 'rejected' && each.reason === 'over')).toBe(true)
  await expect(sleep(0, controller.signal)).rejects.toBe('over')
  await sleep(0)
})

const now = Date.parse('2026-11-22T12:00:00Z')

test.each([
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': '0.25' }, 250],
  [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:09 GMT' }, 9000],
  [{ 'retry-after': 'Sunday, 22-Nov-26 12:00:09 GMT' }, 9000],
  [{ 'retry-after': 'Sun Nov 22 12:00:09 2026 GMT' }, 9000],
  [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '120', 'retry-after': '1' }, 120],
  [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-5' }, undefined],
  [{ 'retry-after': '5s' }, undefined],
  [{}, undefined],
])('%j means %s ms', (headers, wait) => {
  expect(parseRetryAfter(new Headers(headers as Record<string, string>), now)).toBe(wait)
})
