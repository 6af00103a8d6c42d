import { Random } from '@tinystories/utils/random'
import { expect, test } from 'vitest'
import { bootstrapInterval } from './bootstrap-interval.ts'

const of = (clusters: Record<string, number[]>) =>
  Object.entries(clusters).flatMap(([cluster, values]) => values.map(value => ({ cluster, value })))

test('two clusters: means of 0, one half and 1 with a quarter, a half and a quarter of the draws', () => {
  const values = of({ a: [0], b: [1] })
  expect(bootstrapInterval(values)).toEqual([0, 1])
  expect(bootstrapInterval(values, { confidence: 0.6 })).toEqual([0, 1])
  expect(bootstrapInterval(values, { confidence: 0.4 })).toEqual([0.5, 0.5])
})

test('a drawn cluster comes with all its values: the mean is over values, not over clusters', () => {
  expect(bootstrapInterval(of({ a: [0, 0, 0], b: [1] }), { confidence: 0.4 })).toEqual([0.25, 0.25])
  expect(bootstrapInterval(of({ a: [2, 4], b: [6] }), { confidence: 0.4 })).toEqual([4, 4])
})

test('fewer than two clusters have no interval', () => {
  expect(bootstrapInterval([])).toEqual([Number.NaN, Number.NaN])
  expect(bootstrapInterval(of({ a: [1, 2, 3] }))).toEqual([Number.NaN, Number.NaN])
})

test('each word of the generator gives two indexes, its lower half first', () => {
  const values = of({ a: [0], b: [1], c: [10] })
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed)
    const [first, second] = [random.uint32(), random.uint32()]
    const picked = [first & 0xffff, first >>> 16, second & 0xffff].map(half => [0, 1, 10][half % 3]!)
    const mean = picked.reduce((sum, each) => sum + each, 0) / 3
    expect(bootstrapInterval(values, { seed, draws: 1 })).toEqual([mean, mean])
  }
})

// The mean of one draw of n clusters has a standard error of 1 / sqrt(n) of their deviation: six of them.
test.each([40_000, 65_536, 70_000])('%i clusters are drawn alike', count => {
  // Without rejection the first 25,536 of 40,000 would come twice as often: a mean of 0.779.
  const values = Array.from({ length: count }, (_, i) => ({ cluster: `${i}`, value: i < 25_536 ? 1 : 0 }))
  const share = 25_536 / count
  const [low, high] = bootstrapInterval(values, { draws: 2 })
  const error = 6 * Math.sqrt((share * (1 - share)) / count)
  expect([low, high]).toBeNear([share, share], { absolute: error })
  expect(high).toBeGreaterThan(low)
})
