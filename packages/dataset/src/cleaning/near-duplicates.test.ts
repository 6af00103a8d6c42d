import { readFile } from 'node:fs/promises'
import { Random } from '@tinystories/utils/random'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import { ExactDuplicates } from './exact-duplicates.ts'
import { shinglesOf, signatureOf, similarity } from './minhash.ts'
import { NearDuplicates, rowsFor } from './near-duplicates.ts'
import { RecentSet } from './recent-set.ts'

/** Shingles as strings, in the plainest way. */
function plainShingles(text: string, size: number): Set<string> {
  const words =
    text
      .toLowerCase()
      .replace(/['’]/g, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  const shingles = new Set<string>()
  for (let i = 0; i + size <= words.length; i++) shingles.add(words.slice(i, i + size).join(' '))
  if (words.length > 0 && words.length < size) shingles.add(words.join(' '))
  return shingles
}

function jaccard(a: Set<string>, b: Set<string>): number {
  let both = 0
  for (const item of a) if (b.has(item)) both++
  return both / (a.size + b.size - both)
}

const vocabulary =
  'tom ana dog cat ran saw big red ball tree sun sea a the and then with for up down sat ate'.split(' ')

/** A story of 150 words, and copies of it with more and more words changed. */
function storyWithCopies(seed: number): string[] {
  const random = new Random(seed).stream(0)
  const word = (): string => `${vocabulary[random.integer(vocabulary.length)]!}${random.integer(40)}`
  const words = Array.from({ length: 150 }, word)
  const copies = [words.join(' ')]
  for (let copy = 0; copy < 8; copy++) {
    for (let changes = 0; changes <= copy; changes++) words[random.integer(words.length)] = word()
    copies.push(words.join(' '))
  }
  return copies
}

test('shingles are those of a plain way to make them', () => {
  const text = fc.array(fc.constantFrom('a', 'B', 'don’t', "it's", 'é', 'x1', '“q”', '…', '-'), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 5 }), (words, size) => {
      const joined = words.join(' ')
      expect(new Set(shinglesOf(joined, size)).size).toBe(plainShingles(joined, size).size)
    }),
  )
  expect(shinglesOf('The cat, the CAT.', 2)[0]).toBe(shinglesOf('the cat', 2)[0])
})

test('the estimate is the Jaccard index, with the error that 128 minima have', () => {
  let squares = 0
  let sum = 0
  let pairs = 0
  for (let seed = 0; seed < 60; seed++) {
    const [first, ...copies] = storyWithCopies(seed)
    for (const copy of copies) {
      const exact = jaccard(plainShingles(first!, 5), plainShingles(copy, 5))
      const error = similarity(signatureOf(shinglesOf(first!, 5)), signatureOf(shinglesOf(copy, 5))) - exact
      sum += error
      squares += error ** 2
      pairs++
      expect(Math.abs(error)).toBeLessThan(0.2)
    }
  }
  // Standard error sqrt(s (1 - s) / 128), at most 0.044; its mean over the pairs must vanish.
  expect(Math.sqrt(squares / pairs)).toBeLessThan(0.045)
  expect(Math.abs(sum / pairs)).toBeLessThan(0.01)
})

test('near duplicates are found and others are not, as brute force says', () => {
  let found = 0
  let wanted = 0
  for (let seed = 0; seed < 150; seed++) {
    const [first, ...copies] = storyWithCopies(1000 + seed)
    for (const copy of copies) {
      const exact = jaccard(plainShingles(first!, 5), plainShingles(copy, 5))
      const near = new NearDuplicates({ threshold: 0.8 })
      near.admit(first!)
      const dropped = !near.admit(copy)
      if (exact >= 0.9) {
        wanted++
        if (dropped) found++
      }
      if (exact < 0.65) expect(dropped, `Jaccard ${exact}`).toBe(false)
    }
  }
  expect(wanted).toBeGreaterThan(100)
  expect(found / wanted).toBeGreaterThan(0.97)
})

test('bands are wide enough for the threshold', () => {
  const meet = (s: number, rows: number): number => 1 - (1 - s ** rows) ** (128 / rows)
  for (const threshold of [0.3, 0.5, 0.7, 0.8, 0.9])
    expect(meet(threshold, rowsFor(threshold))).toBeGreaterThan(0.85)
})

test('memory is bounded: only the newest are remembered, at least as many as asked for', () => {
  const stories = Array.from({ length: 200 }, (_, i) => storyWithCopies(i + 5000)[0]!)
  for (const remember of [10, 30]) {
    for (const seen of [new ExactDuplicates(remember), new NearDuplicates({ remember })]) {
      for (const story of stories) expect(seen.admit(story)).toBe(true)
      for (const story of stories.slice(-remember)) expect(seen.admit(story)).toBe(false)
      expect(seen.admit(stories[0]!)).toBe(true)
    }
  }
})

test('a set of recent keys answers as a plain set while it is not full', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 3 })), { maxLength: 300 }), keys => {
      const set = new RecentSet(5000)
      const plain = new Set<string>()
      for (const [low, high] of keys) {
        expect(set.add(low, high)).toBe(!plain.has(`${low} ${high}`))
        plain.add(`${low} ${high}`)
      }
    }),
  )
})

const data = process.env.TINYSTORIES_DATA ?? new URL('../../../../../shared/data', import.meta.url).pathname
const train = `${data}/tinystories/train.txt`
const present = await readFile(train).then(
  () => true,
  () => false,
)

test.skipIf(!present)(
  '2,000 real stories: only true near duplicates are dropped (skipped without real data)',
  async () => {
    const texts = (await openStories(train).take(2000).toArray()).map(({ text }) => text)
    const near = new NearDuplicates({ threshold: 0.5 })
    const dropped = new Set(texts.filter(text => !near.admit(text)))
    const shingles = texts.map(text => plainShingles(text, 5))
    // All pairs that share a shingle, by brute force.
    const holders = new Map<string, number[]>()
    const most = new Map<number, number>()
    for (const [i, set] of shingles.entries()) {
      const shared = new Map<number, number>()
      for (const shingle of set) {
        const list = holders.get(shingle) ?? []
        for (const other of list) shared.set(other, (shared.get(other) ?? 0) + 1)
        list.push(i)
        holders.set(shingle, list)
      }
      for (const [other, both] of shared) {
        const index = both / (set.size + shingles[other]!.size - both)
        if (index > (most.get(i) ?? 0)) most.set(i, index)
      }
    }
    for (const [i, text] of texts.entries()) {
      const index = most.get(i) ?? 0
      if (dropped.has(text)) expect(index, text.slice(0, 60)).toBeGreaterThan(0.35)
      if (index > 0.75) expect(dropped.has(text), text.slice(0, 60)).toBe(true)
    }
  },
)
