import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStories } from '../open-stories.ts'
import type { Story } from '../story.ts'
import { asJsonLines, asText, exampleStories } from '../testing/example-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import type { StreamState } from './cursor.ts'
import type { StoryStream } from './story-stream.ts'

const stories = exampleStories(60)
const folder = await temporaryFolder()
const text = await folder.write('stories.txt', asText(stories))
const lines = await folder.write('stories.jsonl', asJsonLines(stories))
const list = await folder.write('stories.json', JSON.stringify(stories, null, 1))
const packed = await folder.write('stories.txt.gz', gzipSync(asText(stories)))

const sources: fc.Arbitrary<() => StoryStream<Story>> = fc.constantFrom(
  () => openStories(text),
  () => openStories(lines),
  () => openStories(list),
  () => openStories(packed),
  () => openStories(stories),
)

type Verb = <T>(stream: StoryStream<T>) => StoryStream<T>

const small = fc.integer({ min: 0, max: 30 })
const verb: fc.Arbitrary<Verb> = fc.oneof(
  fc.record({ seed: small, bufferSize: fc.integer({ min: 1, max: 80 }) }).map(
    (options): Verb =>
      s =>
        s.shuffle(options),
  ),
  small.map(
    (n): Verb =>
      s =>
        s.take(n + 10),
  ),
  small.map(
    (n): Verb =>
      s =>
        s.skip(n),
  ),
  fc.integer({ min: 1, max: 3 }).map(
    (world): Verb =>
      s =>
        s.shard(world - 1, world),
  ),
  fc.integer({ min: 1, max: 3 }).map(
    (times): Verb =>
      s =>
        s.repeat(times),
  ),
  small.map(
    (epoch): Verb =>
      s =>
        s.setEpoch(epoch),
  ),
  fc.integer({ min: 1, max: 5 }).map(
    (count): Verb =>
      s =>
        s.prefetch(count),
  ),
  fc.integer({ min: 2, max: 5 }).map(
    (n): Verb =>
      s =>
        s.filter(item => JSON.stringify(item).length % n !== 0),
  ),
  small.map(
    (n): Verb =>
      s =>
        s.concatenate(s.take(n)),
  ),
)
const verbs = fc.array(verb, { maxLength: 3 })
const apply = <T>(stream: StoryStream<T>, list: Verb[]): StoryStream<T> => list.reduce((s, v) => v(s), stream)

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
    source: sources,
    first: verbs,
    how: fc.integer({ min: 0, max: 3 }),
    pack,
    between: verbs,
    size: fc.integer({ min: 1, max: 5 }),
    options: fc.record({ pad: fc.boolean(), dropLast: fc.boolean() }),
    last: verbs,
  })
  .map(({ source, first, how, pack, between, size, options, last }) => {
    const chosen = apply(source(), first)
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

test('random pipelines stopped at random points give the items of one uninterrupted run', async () => {
  await fc.assert(
    fc.asyncProperty(
      pipeline,
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 4 }),
      async (made, stops) => {
        const stream = made.take(most)
        const whole = (await stream.toArray()).map(item => JSON.stringify(item))
        expect(await withStops(stream, stops), stream.recipe.join(' | ')).toEqual(whole)
      },
    ),
    { numRuns: 300 },
  )
})
