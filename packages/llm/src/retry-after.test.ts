import { expect, test } from 'vitest'
import { backoff } from './backoff.ts'
import { retryAfter } from './retry-after.ts'

const now = Date.parse('2026-11-22T12:00:00Z')

test.each([
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': '0.25' }, 250],
  [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:09 GMT' }, 9000],
  [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '120', 'retry-after': '1' }, 120],
  [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2000],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('%j means %s ms', (headers, wait) => {
  expect(retryAfter(new Headers(headers as Record<string, string>), now)).toBe(wait)
})

test('pauses double up to 30 s, and a random half is taken off', () => {
  expect([0, 1, 2, 10].map(again => backoff(500, again, () => 1))).toEqual([500, 1000, 2000, 30_000])
  expect([0, 1, 2, 10].map(again => backoff(500, again, () => 0))).toEqual([250, 500, 1000, 15_000])
})
