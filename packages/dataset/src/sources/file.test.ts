import { execFile } from 'node:child_process'
import { chmod, mkdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { StorySourceError } from '../errors/dataset-error.ts'
import { asText, exampleStories } from '../testing/example-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { openStories } from './open-stories.ts'

const folder = await temporaryFolder()
const stories = exampleStories(3000)

const problem = async (path: string): Promise<StorySourceError> => {
  const error = await openStories(path)
    .toArray()
    .then(
      () => undefined,
      reason => reason,
    )
  expect(StorySourceError.isInstance(error)).toBe(true)
  expect((error as StorySourceError).source).toBe(path)
  return error as StorySourceError
}

test('a missing file, a folder and an empty file are named with a remedy', async () => {
  expect((await problem(join(folder.path, 'none.txt'))).message).toMatch(/no such file\. Check the name/)
  expect((await problem(folder.path)).message).toMatch(/is a folder\. Name a file in it/)
  expect((await problem(await folder.write('empty.txt', ''))).message).toMatch(/the file is empty\. Give/)
  const file = await folder.write('a.txt', 'One.')
  expect((await problem(join(file, 'b.txt'))).message).toMatch(/no such file.*should be a folder/)
  await mkdir(join(folder.path, 'folder.txt'))
  expect((await problem(join(folder.path, 'folder.txt'))).remedy).toBe('Name a file in it')
})

test('a file without read permission is named with a remedy', async () => {
  await chmod(folder.path, 0o755)
  const file = await folder.write('locked.txt', 'One.')
  await chmod(file, 0)
  // The administrator may read anything, so the question is put as nobody.
  const root = process.getuid?.() === 0
  if (root) process.seteuid?.(65_534)
  try {
    expect((await problem(file)).message).toMatch(/no permission to read it\. Let your user/)
  } finally {
    if (root) process.seteuid?.(0)
  }
})

test('a pipe is refused rather than waited for', async () => {
  const pipe = join(folder.path, 'pipe.txt')
  await promisify(execFile)('mkfifo', [pipe])
  expect((await problem(pipe)).message).toMatch(/neither a file nor a link/)
})

test('gzip is known by its first bytes; one that is cut or damaged is named', async () => {
  const packed = gzipSync(asText(stories))
  expect(await openStories(await folder.write('a.txt.gz', packed)).toArray()).toHaveLength(3000)
  // A second part behind the first belongs to the file, as gzip itself has it.
  const two = Buffer.concat([packed, gzipSync(asText(stories.slice(0, 5)))])
  expect(await openStories(await folder.write('no-ending', two)).toArray()).toHaveLength(3005)
  expect(
    (await problem(await folder.write('cut.txt.gz', packed.subarray(0, packed.length - 20)))).message,
  ).toMatch(/gzip file ends too early.*gzip -t/)
  const damaged = Buffer.from(packed)
  damaged.fill(0xff, packed.length / 2)
  expect((await problem(await folder.write('damaged.txt.gz', damaged))).message).toMatch(
    /gzip file (is damaged|ends too early)/,
  )
  expect((await problem(await folder.write('nothing.gz', gzipSync('')))).message).toMatch(
    /packed file is empty/,
  )
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
  ).rejects.toThrow(/byte 300000: the file became shorter/)
})

test('lists give their stories as they are, strings trimmed and blank ones left out', async () => {
  const story = { text: 'One.', words: ['a', 'b', 'c'] }
  expect(await openStories([story, ' Two.\r\n', ' ', 'Three.']).toArray()).toEqual([
    story,
    { text: 'Two.' },
    { text: 'Three.' },
  ])
})

test('an address that no driver knows is refused at once; a driver of one’s own takes it', async () => {
  expect(() => openStories('ftp://host/stories.txt')).toThrow(/no driver opens such an address.*\.jsonl/)
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
