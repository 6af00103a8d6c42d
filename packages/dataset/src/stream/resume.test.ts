import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import { asJsonLines, asText, exampleStories } from '../testing/example-stories.ts'
import { cutAfter, endsEarly, startFileServer, status } from '../testing/file-server.ts'
import { tarOf } from '../testing/tar-of.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import type { StoryStream } from '../transforms/story-stream.ts'
import type { StreamState } from './cursor.ts'
import type { Story } from './story.ts'

const stories = exampleStories(60)
const folder = await temporaryFolder()
const text = asText(stories)
const parquet = Buffer.from(
  parquetWriteBuffer({ columnData: [{ name: 'text', data: stories, type: 'STRING' }], rowGroupSize: 7 }),
)
const archive = tarOf({
  'a.json': JSON.stringify(stories.slice(0, 20)),
  'b.jsonl': asJsonLines(stories.slice(20, 45)),
  'c.txt': asText(stories.slice(45)),
})
const lines = stories.flatMap(story => [
  'Words: one, two, three',
  'Story: ',
  ...story.split('\n'),
  'Summary: A story.',
  '<|endoftext|>',
])
const csv = `n,text\n${stories.map((story, i) => `${i},"${story.replaceAll('"', '""')}"\n`).join('')}`
const tokens = stories.flatMap(story => [
  ...(wordTokenizer.encode(story, { addSpecialTokens: false }).ids as number[]),
  0,
])
const files: Record<string, string | Uint8Array> = {
  'stories.txt': text,
  'stories.jsonl': asJsonLines(stories),
  'stories.json': JSON.stringify(stories, null, 1),
  'stories.txt.gz': gzipSync(text),
  'stories.csv': csv,
  'stories.csv.gz': gzipSync(csv),
  'stories.parquet': parquet,
  'stories.tar': archive,
  'stories.tar.gz': gzipSync(archive),
  'instruct.txt': lines.join('\n'),
  'instruct-lines.jsonl': asJsonLines(lines),
  'tokens.bin': Uint8Array.from(new Uint8Array(Uint16Array.from(tokens).buffer)),
}
const server = await startFileServer({})
const tokenizer = { decode: (ids: Int32Array) => ids.join(' '), endOfTextId: 0 }

type Source = { name: string; open(): StoryStream<Story> }
const sources: Source[] = [{ name: 'list', open: () => openStories(stories) }]
for (const [name, content] of Object.entries(files)) {
  const path = await folder.write(name, content)
  server.files.set(name, Buffer.from(content))
  sources.push(
    { name, open: () => openStories(path, { tokenizer }) },
    {
      name: `http ${name}`,
      open: () => openStories(server.url(name), { tokenizer, retryDelay: 1 }),
    },
  )
}
/** how often each source was read by a pipeline, and what was compared. */
const visited = new Map(sources.map(({ name }) => [name, 0]))
const counted = { pipelines: 0, interleaved: 0, stops: 0, items: 0 }

const source: fc.Arbitrary<StoryStream<Story>> = fc.constantFrom(...sources).map(({ name, open }) => {
  visited.set(name, visited.get(name)! + 1)
  return open()
})

type Transform = <T>(stream: StoryStream<T>) => StoryStream<T>

const small = fc.integer({ min: 0, max: 30 })
const transform: fc.Arbitrary<Transform> = fc.oneof(
  fc.record({ seed: small, bufferSize: fc.integer({ min: 1, max: 80 }) }).map(
    (options): Transform =>
      s =>
        s.shuffle(options),
  ),
  small.map(
    (n): Transform =>
      s =>
        s.take(n + 10),
  ),
  small.map(
    (n): Transform =>
      s =>
        s.skip(n),
  ),
  fc.integer({ min: 1, max: 3 }).map(
    (world): Transform =>
      s =>
        s.shard(world - 1, world),
  ),
  fc.integer({ min: 1, max: 3 }).map(
    (times): Transform =>
      s =>
        s.repeat(times),
  ),
  small.map(
    (epoch): Transform =>
      s =>
        s.setEpoch(epoch),
  ),
  fc.integer({ min: 1, max: 5 }).map(
    (count): Transform =>
      s =>
        s.prefetch(count),
  ),
  fc.integer({ min: 2, max: 5 }).map(
    (n): Transform =>
      s =>
        s.filter(item => JSON.stringify(item).length % n !== 0),
  ),
  small.map(
    (n): Transform =>
      s =>
        s.concatenate(s.take(n)),
  ),
  fc
    .record({
      skipped: small,
      weights: fc.option(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
        nil: undefined,
      }),
      seed: small,
      until: fc.constantFrom('first' as const, 'all' as const),
    })
    .map(
      ({ skipped, weights, seed, until }): Transform =>
        s =>
          s.interleave([s.skip(skipped).shuffle({ seed, bufferSize: 5 })], {
            seed,
            until,
            ...(weights ? { probabilities: weights } : {}),
          }),
    ),
)
const transforms = fc.array(transform, { maxLength: 3 })
const apply = <T>(stream: StoryStream<T>, list: Transform[]): StoryStream<T> =>
  list.reduce((s, v) => v(s), stream)

const pack = fc.oneof(
  fc.integer({ min: 1, max: 60 }).map(contextLength => ({ contextLength, by: 'stream' as const })),
  fc
    .integer({ min: 2, max: 60 })
    .chain(contextLength =>
      fc
        .integer({ min: 0, max: contextLength - 1 })
        .map(overlap => ({ contextLength, by: 'story' as const, overlap })),
    ),
)

const pipeline: fc.Arbitrary<StoryStream<unknown>> = fc
  .record({
    source,
    mixed: fc.option(source, { nil: undefined }),
    first: transforms,
    how: fc.integer({ min: 0, max: 3 }),
    pack,
    between: transforms,
    size: fc.integer({ min: 1, max: 5 }),
    options: fc.record({ pad: fc.boolean(), dropLast: fc.boolean() }),
    last: transforms,
  })
  .map(({ source, mixed, first, how, pack, between, size, options, last }) => {
    const stories = mixed === undefined ? source : source.interleave([mixed], { until: 'all', seed: size })
    const chosen = apply(stories, first)
    if (how === 0)
      return apply<unknown>(
        chosen.map(story => story.text.toUpperCase()),
        last,
      )
    if (how === 1)
      return apply<unknown>(
        apply(
          chosen.map(story => ({ n: story.text.length })),
          between,
        ).batch(size),
        last,
      )
    const rows = apply(chosen.tokenize(wordTokenizer).pack(pack), between)
    return how === 2 ? apply<unknown>(rows, last) : apply<unknown>(rows.batch(size, options), last)
  })

/** What the stream gives when it is put away at each of the stops and taken up from its state as text. */
async function withStops(stream: StoryStream<unknown>, stops: readonly number[]): Promise<string[]> {
  const items: string[] = []
  let from: StreamState | undefined
  for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
    await using cursor = stream.iterate(from ? { from } : {})
    for (let i = 0; i < stop; i++) {
      const { value, done } = await cursor.next()
      if (done) break
      items.push(JSON.stringify(value))
    }
    from = JSON.parse(JSON.stringify(cursor.state())) as StreamState
  }
  return items
}

const most = 400

test('random pipelines stopped at random points give the items of one uninterrupted run', async ({
  annotate,
}) => {
  await fc.assert(
    fc.asyncProperty(
      pipeline,
      // Two stops at least, in one run.
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 4 }),
      async (made, stops) => {
        const stream = made.take(most)
        const whole = (await stream.toArray()).map(item => JSON.stringify(item))
        expect(await withStops(stream, stops), stream.recipe.join(' | ')).toEqual(whole)
        counted.pipelines++
        counted.stops += stops.length
        counted.items += whole.length
        if (stream.recipe.join().includes('interleave(')) counted.interleaved++
      },
    ),
    { numRuns: 200 },
  )
  await annotate(
    `${counted.pipelines} pipelines over ${visited.size} sources, ${counted.interleaved} with interleave, ` +
      `${counted.stops} stops, ${counted.items} items: none lost, doubled or in another order`,
  )
  expect(counted.pipelines).toBe(200)
  expect(counted.interleaved).toBeGreaterThan(50)
  expect([...visited.values()].filter(count => count < 2)).toEqual([])
})

test('a server that misbehaves at random between stops changes nothing', async () => {
  const open = (name: string) =>
    openStories(server.url(name), { retryDelay: 1, retries: 12 }).shuffle({ seed: 6, bufferSize: 9 })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        'stories.txt',
        'stories.parquet',
        'stories.tar',
        'stories.csv.gz',
        'instruct-lines.jsonl',
      ),
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 2, maxLength: 3 }),
      fc.array(
        fc.constantFrom(cutAfter(900), cutAfter(0), status(500), endsEarly(2000), () => false),
        {
          maxLength: 9,
        },
      ),
      async (name, stops, turns) => {
        server.misbehave = []
        const whole = (await open(name).toArray()).map(item => JSON.stringify(item))
        server.misbehave = [...turns]
        expect(await withStops(open(name), stops)).toEqual(whole)
      },
    ),
    { numRuns: 60 },
  )
})
