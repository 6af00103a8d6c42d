import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { DatasetError } from '../errors/dataset-error.ts'
import { openStories } from '../sources/open-stories.ts'
import { asText, exampleStories } from '../testing/example-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import { StoryStream } from '../transforms/story-stream.ts'
import type { StreamState } from './cursor.ts'
import type { Stage } from './stage.ts'
import type { Story } from './story.ts'

const folder = await temporaryFolder()
const stories = exampleStories(3000)
const content = asText(stories)
const path = await folder.write('stories.txt', content)
const packed = await folder.write('stories.txt.gz', gzipSync(content))

/** A list source that counts what is open, and can be made to wait. */
function watched(): { stage: Stage<Story>; open: () => number; hold: (gate: Promise<void>) => void } {
  let opened = 0
  let gate: Promise<void> | undefined
  const list = exampleStories(100).map(text => ({ text }))
  const stage: Stage<Story> = {
    recipe: ['watched'],
    open(_context, from) {
      let index = (from as number | null | undefined) ?? 0
      opened++
      return {
        async next() {
          await gate
          const at = index
          return at < list.length ? { value: list[index++]!, at } : undefined
        },
        state: () => index,
        bytesRead: () => index,
        async close() {
          opened--
        },
      }
    },
    restore: async positions => positions.map(position => list[position as number]!),
    bytesTotal: async () => undefined,
  }
  return {
    stage,
    open: () => opened,
    hold: until => {
      gate = until
    },
  }
}

test('everything opened is closed at the end, by break, by return, by an error, and by an abort', async () => {
  const { stage, open } = watched()
  const stream = new StoryStream(stage)
    .shuffle({ bufferSize: 5 })
    .concatenate(new StoryStream(stage))
    .prefetch(2)
  await stream.toArray()
  expect(open()).toBe(0)
  for await (const _ of stream) break
  expect(open()).toBe(0)
  const failing = stream.map(() => {
    throw new Error('no')
  })
  await expect(failing.toArray()).rejects.toThrow('no')
  expect(open()).toBe(0)
  {
    await using cursor = stream.iterate()
    await cursor.next()
    expect(open()).toBe(1)
  }
  expect(open()).toBe(0)
  const controller = new AbortController()
  const cursor = stream.iterate({ signal: controller.signal })
  await cursor.next()
  controller.abort(new Error('enough'))
  await expect(cursor.next()).rejects.toThrow('enough')
  await expect(cursor.next()).rejects.toThrow('enough')
  expect(open()).toBe(0)
})

test('interleaved streams are all closed, also when some ended before', async () => {
  const { stage, open } = watched()
  const long = new StoryStream(stage)
  const mixed = long.take(5).interleave([long, long.skip(3)], { until: 'all' })
  await mixed.toArray()
  expect(open()).toBe(0)
  const controller = new AbortController()
  const cursor = mixed.prefetch(3).iterate({ signal: controller.signal })
  for (let i = 0; i < 30; i++) await cursor.next()
  expect(open()).toBe(3)
  controller.abort(new Error('enough'))
  await expect(cursor.next()).rejects.toThrow('enough')
  expect(open()).toBe(0)
})

test('an abort while an item is on its way fails that item, and the state stays behind the last one given', async () => {
  const { stage, hold } = watched()
  const stream = new StoryStream(stage).shuffle({ bufferSize: 8 }).batch(3)
  const expected = await stream.toArray()
  const controller = new AbortController()
  const cursor = stream.iterate({ signal: controller.signal })
  for (let i = 0; i < 5; i++) await cursor.next()
  let release = (): void => {}
  hold(
    new Promise(resolve => {
      release = resolve
    }),
  )
  const pending = cursor.next()
  const during = JSON.parse(JSON.stringify(cursor.state())) as StreamState
  controller.abort(new Error('enough'))
  release()
  await expect(pending).rejects.toThrow('enough')
  for (const from of [during, cursor.state()]) {
    const rest: unknown[] = []
    for await (const batch of stream.iterate({ from })) rest.push(batch)
    expect(rest).toEqual(expected.slice(5))
  }
})

test('after an error the state is behind the last good item, so a repaired source can continue', async () => {
  let broken = true
  const stream = openStories(stories.slice(0, 200))
    .map(story => {
      if (broken && story.text.includes('number 101 ')) throw new Error('broken')
      return story.text.length
    })
    .prefetch(3)
    .batch(4)
  const cursor = stream.iterate()
  const items: number[][] = []
  await expect(
    (async () => {
      for await (const batch of cursor) items.push(batch)
    })(),
  ).rejects.toThrow('broken')
  broken = false
  for await (const batch of stream.iterate({ from: cursor.state() })) items.push(batch)
  expect(items.flat()).toEqual(stories.slice(0, 200).map(text => text.length))
})

test('an abort before the first item opens nothing', async () => {
  const cursor = openStories('no such file').iterate({ signal: AbortSignal.abort(new Error('early')) })
  await expect(cursor.next()).rejects.toThrow('early')
})

test('calls of next that do not wait are answered in order', async () => {
  const cursor = openStories(['a', 'b']).iterate()
  const results = await Promise.all([cursor.next(), cursor.next(), cursor.next(), cursor.next()])
  expect(results.map(result => result.value?.text)).toEqual(['a', 'b', undefined, undefined])
})

test('a state holds no story text and stays small', async () => {
  const cursor = openStories(path)
    .shuffle({ seed: 1, bufferSize: 1000 })
    .tokenize(wordTokenizer)
    .pack({ contextLength: 32 })
    .batch(4)
    .prefetch(2)
    .iterate()
  for (let i = 0; i < 40; i++) await cursor.next()
  const state = JSON.stringify(cursor.state())
  expect(state).not.toMatch(/crow|counted|found/)
  expect(state.length).toBeLessThan(12_000)
})

test('a state of another recipe or another file is refused with the difference', async () => {
  const cursor = openStories(path).shuffle({ seed: 1 }).iterate()
  await cursor.next()
  const from = cursor.state()
  await cursor.return()
  expect(() => openStories(path).shuffle({ seed: 2 }).iterate({ from })).toThrow(
    /step 2 is shuffle\(seed 1, buffer 4096\), here it is shuffle\(seed 2, buffer 4096\)/,
  )
  expect(() => openStories(path).iterate({ from })).toThrow(DatasetError)
  expect(() => openStories(path).iterate({ from: {} as StreamState })).toThrow(
    /not the state of a story stream/,
  )
  const longer = await folder.write('longer.txt', `${content}More.`)
  await expect(openStories(longer).shuffle({ seed: 1 }).iterate({ from }).next()).rejects.toMatchObject({
    code: 'source-mismatch',
  })
  // The same content elsewhere serves.
  const moved = await folder.write('moved.txt', content)
  expect((await openStories(moved).shuffle({ seed: 1 }).iterate({ from }).next()).done).toBe(false)
})

test('another number of items made ahead may be used on resuming', async () => {
  const stream = openStories(stories.slice(0, 90)).shuffle({ bufferSize: 20 })
  const expected = await stream.toArray()
  const cursor = stream.prefetch(7).iterate()
  for (let i = 0; i < 50; i++) await cursor.next()
  await using resumed = stream.prefetch(2).iterate({ from: cursor.state() })
  for (const story of expected.slice(50)) expect((await resumed.next()).value).toEqual(story)
})

test('progress counts bytes up to the whole, of a packed file the packed ones', async () => {
  for (const [file, size] of [
    [path, Buffer.byteLength(content)],
    [packed, gzipSync(content).length],
  ] as const) {
    const cursor = openStories(file).shuffle({ bufferSize: 50 }).iterate()
    expect(cursor.progress()).toEqual({ items: 0, bytesRead: 0, bytesTotal: undefined })
    await cursor.next()
    const early = cursor.progress()
    expect(early).toMatchObject({ items: 1, bytesTotal: size })
    expect(early.bytesRead).toBeGreaterThan(0)
    while (!(await cursor.next()).done);
    expect(cursor.progress()).toEqual({ items: stories.length, bytesRead: size, bytesTotal: size })
  }
  const twice = openStories(path).repeat(2).concatenate(openStories(path)).iterate()
  while (!(await twice.next()).done);
  expect(twice.progress()).toMatchObject({
    bytesRead: 3 * Buffer.byteLength(content),
    bytesTotal: 3 * Buffer.byteLength(content),
  })
})
