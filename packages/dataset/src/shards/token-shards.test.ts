import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Random } from '@tinystories/utils/random'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import type { StreamState } from '../stream/cursor.ts'
import type { TokenBatch } from '../stream/tokens.ts'
import { exampleStories } from '../testing/example-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import { permutationOf } from '../transforms/permutation.ts'
import { splitStories } from '../transforms/split-stories.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import { formatIndex } from './shard-index.ts'
import { TokenShardError } from './token-shard-error.ts'
import { openTokenShards, type TokenShards } from './token-shards.ts'
import { writeTokenShards } from './write-token-shards.ts'

const stories = exampleStories(120)
const folder = await temporaryFolder()
const path = join(folder.path, 'shards')
const index = await writeTokenShards(openStories(stories), wordTokenizer, path, { shardTokens: 900 })
const tokenized = openStories(stories).tokenize(wordTokenizer)
/** Kept in memory, or read piece by piece. */
const shards = openTokenShards(path)
const uncached = openTokenShards(path, { cacheBytes: 0 })

const pack = fc.oneof(
  fc.integer({ min: 1, max: 400 }).map(contextLength => ({ contextLength, by: 'stream' as const })),
  fc.integer({ min: 2, max: 60 }).map(contextLength => ({ contextLength, by: 'story' as const })),
)

test('rows and batches are those of the packer of streams', async () => {
  expect(index.shards.length).toBeGreaterThan(3)
  await fc.assert(
    fc.asyncProperty(
      pack,
      fc.integer({ min: 1, max: 7 }),
      fc.record({ pad: fc.boolean(), dropLast: fc.boolean() }),
      fc.boolean(),
      async (options, size, batch, cached) => {
        const read = cached ? shards : uncached
        const rows = await tokenized.pack(options).toArray()
        expect(await read.pack(options).toArray()).toEqual(rows)
        expect(await read.pack(options).batch(size, batch).toArray()).toEqual(
          await tokenized.pack(options).batch(size, batch).toArray(),
        )
      },
    ),
    { numRuns: 15 },
  )
})

test('a reader gives any tokens, story and window', async () => {
  const rows = await tokenized.pack({ contextLength: 64 }).toArray()
  const all = (await tokenized.toArray()).flatMap(({ ids, eos }) => [...ids, eos])
  for (const source of [shards, uncached]) {
    using reader = await source.open()
    fc.assert(
      fc.property(fc.nat(index.tokens), fc.nat(2000), (from, count) => {
        const to = Math.min(index.tokens, from + count)
        expect(Array.from(reader.tokens(from, to - from))).toEqual(all.slice(from, to))
      }),
    )
    fc.assert(
      fc.property(fc.nat(rows.length - 1), window => {
        expect(reader.window(window, 64)).toEqual(rows[window])
      }),
    )
    expect(reader.windows(64)).toBe(rows.length)
    expect(() => reader.story(index.stories)).toThrow(/no story 120: they count from 0 and there are 120/)
    expect(() => reader.tokens(index.tokens, 1)).toThrow(TokenShardError)
  }
})

test('a permutation holds every index once, for any size, and another one for each seed and epoch', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), fc.nat(50), (size, seed, epoch) => {
      const permutation = permutationOf(size, seed, epoch)
      const places = Array.from({ length: size }, (_, i) => permutation(i))
      expect(new Set(places).size).toBe(size)
      expect(Math.min(...places)).toBe(0)
      expect(Math.max(...places)).toBe(size - 1)
      if (size > 50) {
        const other = permutationOf(size, seed, epoch + 1)
        expect(places.filter((place, i) => place === other(i)).length).toBeLessThan(size / 4)
      }
    }),
  )
  const large = permutationOf(2 ** 52, 1, 0)
  for (const index of [0, 1, 2 ** 40, 2 ** 52 - 1]) expect(Number.isSafeInteger(large(index))).toBe(true)
})

test('every position is as likely for every index, and neighbors separate', () => {
  // Chi-square with 11 x 11 degrees of freedom of 12 x 12 counts: above 186 once in 10,000 draws at random.
  const size = 12
  const draws = 12_000
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0))
  let rising = 0
  for (let seed = 0; seed < draws; seed++) {
    const permutation = permutationOf(size, seed, 0)
    for (let i = 0; i < size; i++) counts[i]![permutation(i)]!++
    if (permutation(5) < permutation(6)) rising++
  }
  const expected = draws / size
  const chiSquare = counts.flat().reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  expect(chiSquare).toBeLessThan(186)
  expect(Math.abs(rising / draws - 0.5)).toBeLessThan(0.02)
})

const position = ({ targets, mask }: { targets: Int32Array; mask: Float32Array }): string =>
  `${Array.from(targets)} ${Array.from(mask)}`

test('a shuffle gives every row once, another order each epoch, the same order again with the same seed', async () => {
  const rows = (await shards.pack({ contextLength: 50 }).toArray()).map(position)
  const of = async (read: TokenShards): Promise<string[]> =>
    (await read.pack({ contextLength: 50 }).toArray()).map(position)
  const first = await of(shards.shuffle(7))
  expect(first).not.toEqual(rows)
  expect([...first].sort()).toEqual([...rows].sort())
  expect(await of(uncached.shuffle({ seed: 7 }))).toEqual(first)
  expect(await of(shards.shuffle(8))).not.toEqual(first)
  const second = await of(shards.shuffle(7).setEpoch(1))
  expect(second).not.toEqual(first)
  expect(await of(shards.shuffle(7).repeat(2))).toEqual([...first, ...second])
  const general = shards.shuffle(7).pack({ contextLength: 50 }).repeat(2)
  expect((await general.toArray()).map(position)).toEqual([...first, ...second])
})

test('1, 2, 3 and 8 ranks share one global order', async () => {
  for (const make of [
    (read: TokenShards) => read.pack({ contextLength: 30 }) as StoryStream<unknown>,
    (read: TokenShards) => read.stories() as StoryStream<unknown>,
  ]) {
    const whole = await make(shards.shuffle(3).repeat(2)).toArray()
    for (const world of [1, 2, 3, 8]) {
      const ranks = await Promise.all(
        Array.from({ length: world }, (_, rank) =>
          make(shards.shuffle(3).repeat(2).shard(rank, world)).toArray(),
        ),
      )
      const joined = whole.map((_, i) => ranks[i % world]![Math.floor(i / world)])
      expect(joined).toEqual(whole)
    }
  }
})

/** Takes `count` batches and the state behind them, as text and back. */
async function takeBatches(
  stream: StoryStream<TokenBatch>,
  count: number,
  from?: StreamState,
): Promise<{ batches: TokenBatch[]; state: StreamState }> {
  await using cursor = stream.iterate(from ? { from } : {})
  const batches: TokenBatch[] = []
  for (let i = 0; i < count; i++) {
    const { value, done } = await cursor.next()
    if (done) break
    batches.push(value)
  }
  return { batches, state: JSON.parse(JSON.stringify(cursor.state())) as StreamState }
}

test('the state of one rank serves another number of ranks: nothing is lost, doubled or reordered', async () => {
  const stream = (rank: number, world: number, size: number): StoryStream<TokenBatch> =>
    shards.shuffle(5).repeat(3).shard(rank, world).pack({ contextLength: 20 }).batch(size).prefetch(4)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ world: fc.constantFrom(1, 2, 3, 4, 8), steps: fc.integer({ min: 0, max: 9 }) }), {
        minLength: 2,
        maxLength: 4,
      }),
      async segments => {
        const seen: string[] = []
        let state: StreamState | undefined
        for (const { world, steps } of segments) {
          // The batch of all ranks together stays the same, as in training.
          const size = 24 / world
          const ranks = await Promise.all(
            Array.from({ length: world }, (_, rank) =>
              takeBatches(stream(rank, world, size), steps, stateFor(state, size)),
            ),
          )
          for (let step = 0; step < steps; step++) {
            for (let row = 0; row < size; row++) {
              for (const { batches } of ranks) {
                const targets = batches[step]?.targets.subarray(row * 20, row * 20 + 20)
                if (targets !== undefined && targets.length > 0) seen.push(targets.join())
              }
            }
          }
          for (const { state: other } of ranks) expect(other.position).toEqual(ranks[0]!.state.position)
          state = ranks[0]!.state
        }
        const rows = await shards.shuffle(5).repeat(3).pack({ contextLength: 20 }).take(seen.length).toArray()
        expect(seen).toEqual(rows.map(row => row.targets.join()))
      },
    ),
    { numRuns: 20 },
  )
})

/** The recipe names the batch, which is smaller with more ranks. */
const stateFor = (state: StreamState | undefined, size: number): StreamState | undefined =>
  state && { ...state, recipe: state.recipe.map(step => step.replace(/^batch\(\d+\)$/, `batch(${size})`)) }

test('exact resume at random points, of windows and of stories packed again, with the general transforms after them', async () => {
  const pipelines: (() => StoryStream<unknown>)[] = [
    () => shards.shuffle(1).pack({ contextLength: 33 }),
    () => shards.shuffle(1).repeat(2).pack({ contextLength: 33 }).batch(4).prefetch(3),
    () => shards.shuffle(1).pack({ contextLength: 33 }).repeat(2).batch(4).prefetch(3),
    () => shards.shuffle(2).repeat(2).stories().pack({ contextLength: 33 }).batch(4).prefetch(3),
    () => shards.shuffle(2).shard(1, 3).pack({ contextLength: 33, by: 'story' }).batch(4, { pad: true }),
    () => shards.pack({ contextLength: 33 }).shuffle({ seed: 1, bufferSize: 20 }).batch(3).skip(2),
  ]
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...pipelines),
      fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 4 }),
      async (make, stops) => {
        const whole = await make().toArray()
        const items: unknown[] = []
        let from: StreamState | undefined
        for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
          await using cursor = make().iterate(from ? { from } : {})
          for (let i = 0; i < stop; i++) {
            const { value, done } = await cursor.next()
            if (done) break
            items.push(value)
          }
          from = JSON.parse(JSON.stringify(cursor.state())) as StreamState
          expect(JSON.stringify(from).length).toBeLessThan(1000)
        }
        expect(items).toEqual(whole)
      },
    ),
    { numRuns: 24 },
  )
})

test('the transforms of streams shuffle shards as a whole, split them, and leave their tokens as they are', async () => {
  const all = shards.stories()
  const { train, heldOut } = splitStories(all, { heldOut: 0.3 })
  const [kept, held] = [await train.toArray(), await heldOut.toArray()]
  expect(held.length).toBeGreaterThan(10)
  const texts = (list: readonly { ids: Int32Array }[]): string[] => list.map(({ ids }) => ids.join()).sort()
  expect(texts([...kept, ...held])).toEqual(texts(await all.toArray()))
  const shuffled = train.shuffle({ seed: 9, bufferSize: 2 })
  expect(shuffled.recipe).toContain('permutation(seed 9)')
  const order = await shuffled.toArray()
  expect(texts(order)).toEqual(texts(kept))
  expect(order).not.toEqual(kept)
  expect(order[0]).not.toEqual((await shuffled.setEpoch(1).toArray())[0])
  expect(await all.shuffle({ seed: 9 }).toArray()).toEqual(await shards.shuffle(9).stories().toArray())
  expect(await shuffled.tokenize(wordTokenizer).toArray()).toEqual(order)
})

test('a state of other shards is refused', async () => {
  const other = join(folder.path, 'other')
  await writeTokenShards(openStories(stories.slice(0, 50)), wordTokenizer, other)
  const { state } = await takeBatches(shards.pack({ contextLength: 9 }).batch(2), 1)
  const resumed = openTokenShards(other).pack({ contextLength: 9 }).batch(2)
  await expect(resumed.iterate({ from: state }).next()).rejects.toMatchObject({ code: 'source-mismatch' })
})

test('progress comes to the size of the tokens', async () => {
  const cursor = shards.shuffle(1).pack({ contextLength: 100 }).batch(8).iterate()
  for await (const _ of cursor);
  expect(cursor.progress()).toMatchObject({
    bytesTotal: index.tokens * 4,
    bytesRead: index.tokens * 4,
  })
})

describe('damage is reported', () => {
  const damaged = async (name: string, harm: (file: string) => Promise<void>): Promise<TokenShards> => {
    const copy = join(folder.path, name)
    await writeTokenShards(openStories(stories), wordTokenizer, copy, { shardTokens: 900 })
    await harm(copy)
    return openTokenShards(copy)
  }
  const flip = async (file: string, at: number): Promise<void> => {
    const content = await readFile(file)
    content[at]! ^= 1
    await writeFile(file, content)
  }

  test('no folder, no shards', async () => {
    const nowhere = openTokenShards(join(folder.path, 'nowhere')).stories()
    await expect(nowhere.toArray()).rejects.toThrow(/nowhere: there are no token shards here/)
    await expect(openTokenShards(join(folder.path)).index()).rejects.toThrow(/no index.json/)
  })

  test('an index that was cut off, changed, or is of a later version', async () => {
    const cut = await damaged('cut', copy => truncate(join(copy, 'index.json'), 300))
    await expect(cut.index()).rejects.toMatchObject({ name: 'InputError', code: 'not-json' })
    const changed = await damaged('changed', async copy => {
      const file = join(copy, 'index.json')
      await writeFile(file, (await readFile(file, 'utf8')).replace(/"eos": 0/, '"eos": 1'))
    })
    await expect(changed.index()).rejects.toMatchObject({ code: 'wrong-checksum' })
    const later = await damaged('later', async copy => {
      const file = join(copy, 'index.json')
      await writeFile(file, (await readFile(file, 'utf8')).replace(/"version": 1/, '"version": 3'))
    })
    await expect(later.index()).rejects.toMatchObject({
      code: 'unknown-version',
      details: { version: 3, supported: 2 },
    })
    const other = await damaged('none', copy => writeFile(join(copy, 'index.json'), '{"a":1}'))
    await expect(other.index()).rejects.toMatchObject({ code: 'invalid-value', details: { path: 'format' } })
  })

  test('a token file that was cut off', async () => {
    const cut = await damaged('short', copy => truncate(join(copy, 'shard-00002.bin'), 100))
    await expect(cut.stories().toArray()).rejects.toMatchObject({
      code: 'wrong-size',
      details: { received: 100 },
    })
  })

  test('changed tokens, when checksums are compared', async () => {
    const changed = await damaged('bit', copy => flip(join(copy, 'shard-00001.bin'), 77))
    const wrong = { code: 'wrong-checksum', details: { path: join(folder.path, 'bit', 'shard-00001.bin') } }
    await expect(changed.verify()).rejects.toMatchObject(wrong)
    const strict = openTokenShards(join(folder.path, 'bit'), { verify: true })
    await expect(strict.stories().toArray()).rejects.toMatchObject(wrong)
  })

  test('a changed story table, always', async () => {
    const changed = await damaged('table', copy => flip(join(copy, 'shard-00000.stories.bin'), 9))
    await expect(changed.stories().toArray()).rejects.toMatchObject({ code: 'wrong-checksum' })
  })

  test('an index that leads out of the folder, or was changed in any way', async () => {
    const copy = join(folder.path, 'mutated')
    await writeTokenShards(openStories(stories), wordTokenizer, copy, { shardTokens: 900 })
    const file = join(copy, 'index.json')
    const { checksum: _, ...index } = JSON.parse(await readFile(file, 'utf8'))
    const outside = structuredClone(index)
    outside.shards[0].file = '../outside.bin'
    await writeFile(join(folder.path, 'outside.bin'), 'x'.repeat(index.shards[0].tokens * 4))
    await writeFile(file, formatIndex(outside))
    await expect(openTokenShards(copy).stories().toArray()).rejects.toMatchObject({
      code: 'invalid-value',
      details: { path: 'shards.0.file', received: '"../outside.bin"' },
    })
    const random = new Random(5)
    const codes = new Set<string>()
    for (let round = 0; round < 300; round++) {
      const mutated = structuredClone(index)
      mutate(mutated, random)
      await writeFile(file, formatIndex(mutated))
      const error = await openTokenShards(copy)
        .pack({ contextLength: 50 })
        .toArray()
        .then(
          () => undefined,
          reason => reason,
        )
      if (error === undefined) continue
      expect(['InputError', 'TokenShardError', 'FileError']).toContain(error.name)
      codes.add(error.code)
    }
    expect(codes.size).toBeGreaterThan(2)
  })
})

/** Changes, removes or exchanges one value somewhere in an object. */
function mutate(target: Record<string, unknown>, random: Random): void {
  const keys = Object.keys(target)
  const key = keys[random.integer(keys.length)]!
  const value = target[key]
  if (typeof value === 'object' && value !== null && random.uniform() < 0.8) {
    mutate(value as Record<string, unknown>, random)
    return
  }
  const others = [null, -1, 0, 1.5, 1e20, '', '../x', [], {}, true, 'a'.repeat(64), undefined]
  target[key] = others[random.integer(others.length)]
}
