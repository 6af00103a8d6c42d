import { execFile } from 'node:child_process'
import { chmod, mkdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { asText, exampleStories } from '../testing/example-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { openStories } from './open-stories.ts'

const folder = await temporaryFolder()
const several = await temporaryFolder()
const bracketed = await temporaryFolder()
const stories = exampleStories(3000)

const failure = (path: string): Promise<unknown> =>
  openStories(path)
    .toArray()
    .then(
      () => undefined,
      reason => reason,
    )

test('a missing file, a folder and an empty file are named', async () => {
  const missing = join(folder.path, 'none.txt')
  const action = 'read'
  expect(await failure(missing)).toMatchObject({ code: 'not-found', details: { path: missing, action } })
  expect(await failure(folder.path)).toMatchObject({
    code: 'is-folder',
    details: { path: folder.path, action },
  })
  const empty = await folder.write('empty.txt', '')
  expect(await failure(empty)).toMatchObject({ code: 'no-stories', details: { source: empty, empty: true } })
  const file = await folder.write('a.txt', 'One.')
  expect(await failure(join(file, 'b.txt'))).toMatchObject({ code: 'is-file' })
  await mkdir(join(folder.path, 'folder.txt'))
  expect(await failure(join(folder.path, 'folder.txt'))).toMatchObject({ code: 'is-folder' })
})

test('a file without read permission is named', async () => {
  await chmod(folder.path, 0o755)
  const file = await folder.write('locked.txt', 'One.')
  await chmod(file, 0)
  // The administrator may read anything, so the question is put as nobody.
  const root = process.getuid?.() === 0
  if (root) process.seteuid?.(65_534)
  try {
    expect(await failure(file)).toMatchObject({ code: 'no-permission', details: { path: file } })
  } finally {
    if (root) process.seteuid?.(0)
  }
})

test('a pipe is refused rather than waited for', async () => {
  const pipe = join(folder.path, 'pipe.txt')
  await promisify(execFile)('mkfifo', [pipe])
  expect(await failure(pipe)).toMatchObject({ code: 'not-a-file', details: { source: pipe } })
})

test('gzip is known by its first bytes; one that is cut or damaged is named', async () => {
  const packed = gzipSync(asText(stories))
  expect(await openStories(await folder.write('a.txt.gz', packed)).toArray()).toHaveLength(3000)
  // A second part behind the first belongs to the file, as gzip itself has it.
  const two = Buffer.concat([packed, gzipSync(asText(stories.slice(0, 5)))])
  expect(await openStories(await folder.write('no-ending', two)).toArray()).toHaveLength(3005)
  const cut = await folder.write('cut.txt.gz', packed.subarray(0, packed.length - 20))
  expect(await failure(cut)).toMatchObject({ code: 'damaged', details: { source: cut, format: 'gzip' } })
  const damaged = Buffer.from(packed)
  damaged.fill(0xff, packed.length / 2)
  expect(await failure(await folder.write('damaged.txt.gz', damaged))).toMatchObject({ code: 'damaged' })
  expect(await failure(await folder.write('nothing.gz', gzipSync('')))).toMatchObject({
    code: 'no-stories',
    details: { empty: true },
  })
})

test('a file that becomes shorter while it is read is noticed', async () => {
  const file = await folder.write('shrinking.txt', asText(stories))
  const cursor = openStories(file).iterate()
  await cursor.next()
  await truncate(file, 300_000)
  await expect(
    (async () => {
      while (!(await cursor.next()).done);
    })(),
  ).rejects.toMatchObject({
    code: 'source-changed',
    details: { source: file, place: { unit: 'byte', number: 300_000 } },
  })
})

test('lists give their stories as they are, strings trimmed and blank ones left out', async () => {
  const story = { text: 'One.', words: ['a', 'b', 'c'] }
  expect(await openStories([story, ' Two.\r\n', ' ', 'Three.']).toArray()).toEqual([
    story,
    { text: 'Two.' },
    { text: 'Three.' },
  ])
})

test('an address that no driver knows is refused immediately; a driver of your own takes it', async () => {
  expect(() => openStories('ftp://host/stories.txt')).toThrow(/no driver opens this address.*\.jsonl/)
  const driver = {
    name: 'mine',
    accepts: (source: string) => source.startsWith('mine://'),
    open: (source: string) => openStoriesStage(source.slice(7)),
  }
  expect(await openStories('mine://hello', { drivers: [driver] }).toArray()).toEqual([{ text: 'hello' }])
})

function openStoriesStage(text: string) {
  return {
    recipe: ['mine'],
    open: () => {
      let given = false
      return {
        async next() {
          if (given) return undefined
          given = true
          return { value: { text }, at: 0 }
        },
        state: () => given,
        bytesRead: () => 0,
        close: async () => {},
      }
    },
    restore: async (positions: readonly unknown[]) => positions.map(() => ({ text })),
    bytesTotal: async () => undefined,
  }
}

test('a pattern names several files, read in the order of their names and resumed anywhere', async () => {
  const { write, path: folder } = several
  const parts = [stories.slice(0, 4), stories.slice(4, 5), stories.slice(5, 9)]
  await write('part-2.txt.gz', gzipSync(asText(parts[1]!)))
  await write('part-3.jsonl', parts[2]!.map(text => JSON.stringify({ text })).join('\n'))
  await write('part-1.txt', asText(parts[0]!))
  await write('other.txt', 'Not this one.')
  const all = stories.slice(0, 9).map(text => ({ text }))
  expect(await openStories(join(folder, 'part-*')).toArray()).toEqual(all)
  const two = await openStories(join(folder, '{part-1,other}.txt')).toArray()
  expect(two).toEqual([{ text: 'Not this one.' }, ...all.slice(0, 4)])
  for (let stop = 0; stop <= 9; stop++) {
    const stream = openStories(join(folder, 'part-?.*')).shuffle({ seed: 1, bufferSize: 3 })
    const whole = await stream.toArray()
    const cursor = stream.iterate()
    for (let i = 0; i < stop; i++) expect((await cursor.next()).value).toEqual(whole[i])
    const rest = []
    for await (const story of stream.iterate({ from: cursor.state() })) rest.push(story)
    expect(rest, `after ${stop}`).toEqual(whole.slice(stop))
    await cursor.return?.()
  }
})

test('a pattern that fits no file is named with the files that there are; brackets in a name are no pattern', async () => {
  const file = await bracketed.write('stories [1].txt', 'One.')
  const pattern = join(bracketed.path, 'train*.txt')
  expect(await openStories(file).toArray()).toEqual([{ text: 'One.' }])
  expect(await failure(pattern)).toMatchObject({
    code: 'not-found',
    details: { source: pattern, available: [file] },
  })
})
