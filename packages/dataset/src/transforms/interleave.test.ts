import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import type { StoryStream } from './story-stream.ts'

const letters = (letter: string, count: number): StoryStream<string> =>
  openStories(Array.from({ length: count }, (_, i) => `${letter}${i}`)).map(({ text }) => text)

test('without probabilities the streams take turns, until the first ends or until all have', async () => {
  const streams = [letters('b', 3), letters('c', 4)]
  expect((await letters('a', 2).interleave(streams).toArray()).join(' ')).toBe('a0 b0 c0 a1 b1 c1')
  expect((await letters('a', 2).interleave(streams, { until: 'all' }).toArray()).join(' ')).toBe(
    'a0 b0 c0 a1 b1 c1 b2 c2 c3',
  )
  expect(await letters('a', 2).interleave([]).toArray()).toEqual(['a0', 'a1'])
})

test('until all have ended, every item comes once, in the order of its stream', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 4 }),
      fc.nat(99),
      fc.boolean(),
      async (parts, seed, drawn) => {
        const streams = parts.map(([count], part) => letters(String.fromCharCode(97 + part), count))
        const probabilities = parts.map(([, weight]) => weight)
        const options = { until: 'all', seed, ...(drawn ? { probabilities } : {}) } as const
        const items = await streams[0]!.interleave(streams.slice(1), options).toArray()
        for (const [part, stream] of streams.entries()) {
          const letter = String.fromCharCode(97 + part)
          expect(items.filter(item => item.startsWith(letter))).toEqual(await stream.toArray())
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('probabilities are kept, and seed and epoch decide the draws', async () => {
  const forever = (letter: string) => letters(letter, 5).repeat()
  const mixed = forever('a').interleave([forever('b'), forever('c')], { probabilities: [5, 3, 2], seed: 1 })
  const items = await mixed.take(10_000).toArray()
  const share = (letter: string): number => items.filter(item => item.startsWith(letter)).length
  // Four standard deviations of a binomial count.
  expect(Math.abs(share('a') - 5000)).toBeLessThan(200)
  expect(Math.abs(share('b') - 3000)).toBeLessThan(184)
  expect(await mixed.take(50).toArray()).toEqual(items.slice(0, 50))
  expect(await mixed.setEpoch(1).take(50).toArray()).not.toEqual(items.slice(0, 50))
  const other = forever('a').interleave([forever('b'), forever('c')], { probabilities: [5, 3, 2], seed: 2 })
  expect(await other.take(50).toArray()).not.toEqual(items.slice(0, 50))
})

test('progress counts the bytes of all streams', async () => {
  const cursor = letters('a', 3)
    .interleave([letters('b', 3)], { until: 'all' })
    .iterate()
  while (!(await cursor.next()).done);
  expect(cursor.progress()).toEqual({ items: 6, bytesRead: 12, bytesTotal: 12 })
})

test('probabilities that are none are refused immediately', () => {
  const one = letters('a', 1)
  expect(() => one.interleave([one], { probabilities: [1] })).toThrow(
    /probabilities is \[1\], but must be one for each of 2 streams/,
  )
  expect(() => one.interleave([one], { probabilities: [1, 0] })).toThrow(
    /probabilities is 0, but must be above 0/,
  )
})
