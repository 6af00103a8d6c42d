import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random, RandomError } from './index.ts'

const words = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.uint32())

/** The code of the RandomError that a function throws. */
function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (RandomError.isInstance(error)) return error.code
    throw error
  }
  return 'no error'
}

test('gives the words of Philox4x32-10', () => {
  // Known answer of Random123 (D. E. Shaw Research) for a counter and key of zeros.
  expect(words(new Random(0), 4)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
  // From randomgen 2.5.1: Philox(number=4, width=32, key=seed, counter=...).random_raw().
  expect(words(new Random(42), 6)).toEqual([
    2632642643, 2012563771, 314527917, 1463989207, 4242219303, 1404726525,
  ])
  expect(words(new Random(-1), 6)).toEqual([
    1923381001, 356992825, 2671882271, 578394714, 436131089, 1265098804,
  ])
  expect(words(new Random(2 ** 40 + 7), 6)).toEqual([
    871882489, 4109323929, 192685347, 2645479251, 1577213254, 2280286529,
  ])
  const elsewhere = new Random({ seed: [42, 0], stream: [7, 0xffffffff], position: 0 })
  expect(words(elsewhere, 6)).toEqual([157509569, 2987186938, 2810799997, 1750605333, 3921070562, 3743366998])
  const far = new Random({ seed: [42, 0], stream: [0, 0], position: (2 ** 33 + 5) * 4 })
  expect(words(far, 4)).toEqual([3265537785, 1162937748, 343750320, 3714531832])
})

test('continues from a saved state, whatever was drawn before', () => {
  const draw = fc.constantFrom<(random: Random) => unknown>(
    random => random.uint32(),
    random => random.uniform(),
    random => random.normal(),
    random => random.integer(10),
    random => random.shuffle([1, 2, 3]),
  )
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.array(draw), fc.array(draw), (seed, before, after) => {
      const random = new Random(seed).stream('x')
      for (const each of before) each(random)
      const saved = JSON.stringify(random.state)
      const expected = after.map(each => each(random))
      const continued = new Random(JSON.parse(saved))
      expect(JSON.stringify(continued.state)).toBe(saved)
      expect(after.map(each => each(continued))).toEqual(expected)
    }),
  )
})

test('numbers below 1 have 53 bits of two words', () => {
  const [high, low] = words(new Random(42), 2) as [number, number]
  expect(new Random(42).uniform()).toBe(((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53)
})

test('integers are unbiased and repeat draws at the top of the range', () => {
  // Of 2^32 words the 1 above 3 * 1431655765 must be drawn again; with a bare remainder it would be 0.
  const limit = 3
  const counts = [0, 0, 0]
  const random = new Random(1)
  for (let i = 0; i < 30_000; i++) counts[random.integer(limit)]!++
  // Chi-square with 2 degrees of freedom: 13.8 at p = 0.001.
  expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(13.8)
  // Of limit 3 * 2^30 a quarter of all words is refused; with a remainder the lowest third would come twice as often.
  const wide = Array.from({ length: 30_000 }, () => random.integer(3 * 2 ** 30))
  const lowest = wide.filter(value => value < 2 ** 30).length
  // Binomial(30000, 1/3): mean 10,000, standard deviation 82; five of them.
  expect(Math.abs(lowest - 10_000)).toBeLessThan(410)
  expect(Math.max(...wide)).toBeLessThan(3 * 2 ** 30)
  expect(random.integer(1)).toBe(0)
  const huge = Array.from({ length: 1000 }, () => random.integer(2 ** 53 - 1))
  expect(huge.every(value => Number.isSafeInteger(value) && value >= 0)).toBe(true)
  expect(Math.max(...huge)).toBeGreaterThan(2 ** 52)
  for (const wrong of [0, -1, 1.5, 2 ** 53, Number.NaN])
    expect(codeOf(() => random.integer(wrong))).toBe('invalid-limit')
})

test('normal numbers have mean 0, variance 1 and the tails of the normal distribution', () => {
  const random = new Random(7)
  const count = 100_000
  const values = Array.from({ length: count }, () => random.normal())
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / count
  // Five standard errors: 1 / sqrt(n), sqrt(2 / n), sqrt(96 / n) for moments 1, 2, 4; no NaN passes.
  expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(count))
  expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count))
  expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count))
  // Both numbers of a pair are used, and they are independent.
  const covariance = values.reduce((sum, value, i) => sum + (i % 2 === 1 ? value * values[i - 1]! : 0), 0)
  expect(Math.abs(covariance / (count / 2))).toBeLessThan(5 / Math.sqrt(count / 2))
})

test('shuffles into every order equally often, in place, arrays and typed arrays', () => {
  const random = new Random(3)
  const counts = new Map<string, number>()
  for (let i = 0; i < 24_000; i++) {
    const order = random.shuffle([1, 2, 3, 4]).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect(counts.size).toBe(24)
  // Chi-square with 23 degrees of freedom: 49.7 at p = 0.001.
  const statistic = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
  expect(statistic).toBeLessThan(49.7)
  const typed = Uint32Array.from({ length: 100 }, (_, i) => i)
  expect(random.shuffle(typed)).toBe(typed)
  expect([...typed].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

test('streams differ by seed and names alone, not by what was drawn', () => {
  const random = new Random(5)
  const first = words(random.stream('epoch', 3), 4)
  random.uint32()
  expect(words(random.stream('epoch', 3), 4)).toEqual(first)
  expect(words(random.stream('epoch').stream(3), 4)).toEqual(first)
  const names: (string | number)[][] = [
    [],
    [0],
    [1],
    [-1],
    [2 ** 40],
    ['1'],
    [''],
    ['\0'],
    ['\0\0'],
    ['abcd'],
    ['abcde'],
    ['abcd', 'e'],
    ['epoch', 3],
    ['epoch', '3'],
    [3, 'epoch'],
  ]
  const starts = [5, 6].flatMap(seed => names.map(each => words(new Random(seed).stream(...each), 4).join()))
  expect(new Set(starts).size).toBe(starts.length)
})

test('refuses seeds and states that it could only misread', () => {
  for (const seed of [1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(codeOf(() => new Random(seed))).toBe('invalid-seed')
    expect(codeOf(() => new Random(1).stream(seed))).toBe('invalid-seed')
  }
  const good = new Random(1).state
  const wrong = [
    null,
    {},
    { ...good, seed: [1] },
    { ...good, seed: [1, 2 ** 32] },
    { ...good, stream: [1, 0.5] },
    { ...good, position: -1 },
    { ...good, spare: Number.NaN },
  ]
  for (const state of wrong) expect(codeOf(() => new Random(state as never))).toBe('invalid-state')
})
