import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import type { StoryStream } from './story-stream.ts'

const numbers = (count: number): StoryStream<number> =>
  openStories(Array.from({ length: count }, (_, i) => String(i))).map(story => Number(story.text))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('map, filter, take, skip and batch do what lists do', async () => {
  expect(
    await numbers(9)
      .map(n => n * 2)
      .toArray(),
  ).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16])
  expect(
    await numbers(9)
      .filter(async n => n % 3 === 1)
      .toArray(),
  ).toEqual([1, 4, 7])
  expect(await numbers(9).skip(2).take(3).toArray()).toEqual([2, 3, 4])
  expect(await numbers(3).skip(5).toArray()).toEqual([])
  expect(await numbers(7).batch(3).toArray()).toEqual([[0, 1, 2], [3, 4, 5], [6]])
  expect(await numbers(7).batch(3, { dropLast: true }).toArray()).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ])
  await expect(
    numbers(2)
      .batch(3, { pad: true } as object)
      .toArray(),
  ).rejects.toThrow(/pad is true, but must be false/)
})

test('take asks for nothing behind its last item', async () => {
  const seen: number[] = []
  await numbers(9)
    .map(n => seen.push(n))
    .take(2)
    .toArray()
  expect(seen).toEqual([0, 1])
})

test('a stream never changes: transforms give new ones, and each iteration starts again', async () => {
  const stream = numbers(4)
  stream.take(1)
  expect(await stream.toArray()).toEqual([0, 1, 2, 3])
  expect(await stream.toArray()).toEqual([0, 1, 2, 3])
})

test('shards share the items out in turns, whatever their number', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 8 }), async (count, world) => {
      const shuffled = numbers(count).shuffle({ seed: 5, bufferSize: 7 })
      const order = await shuffled.toArray()
      const shards = await Promise.all(upTo(world).map(rank => shuffled.shard(rank, world).toArray()))
      expect(upTo(count).map(i => shards[i % world]![Math.floor(i / world)])).toEqual(order)
    }),
  )
  expect(() => numbers(1).shard(2, 2)).toThrow(/rank is 2, but must be below world, 2/)
})

test('a shuffle gives every item once, in an order that seed and epoch decide', async () => {
  const order = (seed: number, epoch = 0) =>
    numbers(300).shuffle({ seed, bufferSize: 64 }).setEpoch(epoch).toArray()
  const first = await order(1)
  expect([...first].sort((a, b) => a - b)).toEqual(upTo(300))
  expect(first).not.toEqual(upTo(300))
  expect(await order(1)).toEqual(first)
  expect(await order(2)).not.toEqual(first)
  expect(await order(1, 1)).not.toEqual(first)
  // Seeds that differ above 32 bits differ too.
  expect(await order(1 + 2 ** 40)).not.toEqual(first)
})

test('a full buffer makes every order of four items about equally likely', async () => {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 4800; seed++) {
    const order = (await numbers(4).shuffle({ seed }).toArray()).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect(counts.size).toBe(24)
  const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
  // 23 degrees of freedom: above 49.7 by chance once in a thousand. The seeds are fixed, so this does not flicker.
  expect(chiSquared).toBeLessThan(49.7)
})

test('repeat shuffles each round again, as setEpoch would', async () => {
  const shuffled = numbers(50).shuffle({ seed: 3 })
  const rounds = await Promise.all([0, 1, 2].map(epoch => shuffled.setEpoch(epoch).toArray()))
  expect(await shuffled.repeat(3).toArray()).toEqual(rounds.flat())
  expect(await shuffled.repeat(2).setEpoch(1).toArray()).toEqual(rounds.slice(1).flat())
  expect(await shuffled.repeat().take(120).toArray()).toEqual(rounds.flat().slice(0, 120))
  expect(await numbers(3).repeat(0).toArray()).toEqual([])
})

test('repeating nothing forever ends', async () => {
  expect(
    await numbers(5)
      .filter(() => false)
      .repeat()
      .toArray(),
  ).toEqual([])
})

test('concatenate gives one stream after the other', async () => {
  expect(await numbers(2).concatenate(numbers(3), numbers(0), numbers(1)).toArray()).toEqual([
    0, 1, 0, 1, 2, 0,
  ])
})

test('prefetch keeps the order, and works ahead by its count while the consumer is busy', async () => {
  const made: number[] = []
  const stream = numbers(20).map(n => {
    made.push(n)
    return n
  })
  expect(await stream.prefetch(3).toArray()).toEqual(upTo(20))
  made.length = 0
  await using cursor = stream.prefetch(3).iterate()
  await cursor.next()
  await new Promise(resolve => setTimeout(resolve, 20))
  expect(made).toEqual([0, 1, 2, 3])
})

test('what fails ahead is reported when its turn comes', async () => {
  const cursor = numbers(5)
    .map(n => {
      if (n === 2) throw new Error('two')
      return n
    })
    .prefetch(4)
    .iterate()
  expect(await cursor.next()).toEqual({ done: false, value: 0 })
  expect(await cursor.next()).toEqual({ done: false, value: 1 })
  await expect(cursor.next()).rejects.toThrow('two')
})
