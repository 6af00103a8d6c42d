import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openStories } from '../sources/open-stories.ts'
import type { StoryTokenizer } from '../stream/tokens.ts'
import { asText, exampleStories } from '../testing/example-stories.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { wordTokenizer } from '../testing/word-tokenizer.ts'
import { fingerprintStories } from './fingerprint-stories.ts'
import { TokenShardError } from './token-shard-error.ts'
import { openTokenShards } from './token-shards.ts'
import type { WriteTokenShardsOptions } from './write-options.ts'
import { writeTokenShards } from './write-token-shards.ts'

const folder = await temporaryFolder()
const stories = exampleStories(300)
const worker = { module: new URL('../testing/word-tokenizer.ts', import.meta.url), make: 'makeWordTokenizer' }
let folders = 0
const newFolder = (): string => join(folder.path, `shards-${folders++}`)

/** All files of a folder by name. */
async function contentOf(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async name => [name, (await readFile(join(path, name))).toString('hex')])),
  )
}

async function written(texts: readonly string[], options: WriteTokenShardsOptions = {}) {
  const path = newFolder()
  const index = await writeTokenShards(openStories(texts), wordTokenizer, path, options)
  return { path, index }
}

test('the files are the tokens, the end token behind each story, and the table of stories', async () => {
  const texts = ['one two three', 'four', 'five six']
  const { path, index } = await written(texts, { dtype: 'uint16', shardTokens: 6 })
  const ids = texts.map(text => [
    ...Array.from(wordTokenizer.encode(text, { addSpecialTokens: false }).ids),
    0,
  ])
  const words = (bytes: Buffer): number[] =>
    Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(i * 2))
  const doubles = (bytes: Buffer): number[] =>
    Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(i * 4))
  expect(words(await readFile(join(path, 'shard-00000.bin')))).toEqual([...ids[0]!, ...ids[1]!])
  expect(doubles(await readFile(join(path, 'shard-00000.stories.bin')))).toEqual([4, 13, 6, 4])
  expect(words(await readFile(join(path, 'shard-00001.bin')))).toEqual(ids[2])
  expect(doubles(await readFile(join(path, 'shard-00001.stories.bin')))).toEqual([3, 8])
  expect(index).toMatchObject({ stories: 3, tokens: 9, bytes: 25, longest: 3, eos: 0, dtype: 'uint16' })
  expect((await readdir(path)).sort()).toEqual([
    'index.json',
    'shard-00000.bin',
    'shard-00000.stories.bin',
    'shard-00001.bin',
    'shard-00001.stories.bin',
  ])
})

test('the result is the same with any number of worker threads', async () => {
  // Longer than a job has room for, so that there are many.
  const many = Array.from({ length: 40 }, (_, i) => stories.map(story => `${i} ${story}`)).flat()
  const options = { shardTokens: 50_000 }
  const alone = await written(many, options)
  const expected = await contentOf(alone.path)
  expect(alone.index.shards.length).toBeGreaterThan(3)
  for (const workers of [0, 1, 3]) {
    const { path } = await written(many, { ...options, worker, workers })
    expect(await contentOf(path)).toEqual(expected)
  }
})

test('shards cut anywhere hold the same stories, and the fingerprint is that of the stories alone', async () => {
  const { index: whole } = await written(stories)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1000, max: 9000 }), async shardTokens => {
      const { path, index } = await written(stories, { shardTokens })
      const read = await openTokenShards(path).stories().toArray()
      expect(read).toEqual(await openStories(stories).tokenize(wordTokenizer).toArray())
      expect(index.source.fingerprint).toBe(whole.source.fingerprint)
      expect(index.shards.every(({ tokens, stories: count }) => tokens <= shardTokens || count === 1)).toBe(
        true,
      )
    }),
    { numRuns: 8 },
  )
  expect(await fingerprintStories(openStories(stories))).toBe(whole.source.fingerprint)
  const { index: other } = await written([stories[1]!, stories[0]!, ...stories.slice(2)])
  expect(other.source.fingerprint).not.toBe(whole.source.fingerprint)
})

test('stories without a token are left out', async () => {
  const odd: StoryTokenizer = {
    endOfTextId: 0,
    encode: text => ({ ids: text.includes('nothing') ? [] : [5] }),
  }
  const path = newFolder()
  const index = await writeTokenShards(openStories(['a', 'nothing', 'b', 'nothing']), odd, path)
  expect(index).toMatchObject({ stories: 2, tokens: 4, bytes: 2 })
})

/** Ends when the run ends or when it was killed, which `true` means. */
async function runChild(file: string, path: string, workers: number, killAfter: number): Promise<boolean> {
  const script = fileURLToPath(new URL('../testing/write-shards-child.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--conditions=@tinystories/source', script, file, path, '20000', String(workers)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let lines = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    lines += text.split('\n').length - 1
    if (lines >= killAfter) child.kill('SIGKILL')
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (signal === 'SIGKILL') return true
  expect(code).toBe(0)
  return false
}

test('killed at any moment, the next run continues and ends with the bytes of an uninterrupted one', async () => {
  const many = Array.from({ length: 60 }, (_, i) => stories.map(story => `${i} ${story}`)).flat()
  const file = await folder.write('many.txt', asText(many))
  const straight = newFolder()
  expect(await runChild(file, straight, 0, Number.POSITIVE_INFINITY)).toBe(false)
  const expected = await contentOf(straight)
  const path = newFolder()
  let kills = 0
  // Further on each time, so that the end is reached; what is finished must make up for what is killed.
  for (let killAfter = 1; await runChild(file, path, killAfter % 3, killAfter); killAfter += 5) {
    kills++
    await expect(openTokenShards(path).verify()).rejects.toThrow(TokenShardError)
  }
  expect(kills).toBeGreaterThan(2)
  expect(await contentOf(path)).toEqual(expected)
})

test('an aborted run continues where it stopped', async () => {
  const many = Array.from({ length: 20 }, (_, i) => stories.map(story => `${i} ${story}`)).flat()
  const options = { shardTokens: 20_000 }
  const { path: straight } = await written(many, options)
  const path = newFolder()
  const controller = new AbortController()
  const first = writeTokenShards(openStories(many), wordTokenizer, path, {
    ...options,
    signal: controller.signal,
    onProgress: ({ shards }) => {
      if (shards >= 2) controller.abort(new Error('enough'))
    },
  })
  await expect(first).rejects.toThrow('enough')
  expect(await readdir(path)).not.toContain('lock.json')
  await expect(openTokenShards(path).index()).rejects.toMatchObject({
    code: 'interrupted',
    details: { folder: path },
  })
  let kept = Number.POSITIVE_INFINITY
  await writeTokenShards(openStories(many), wordTokenizer, path, {
    ...options,
    onProgress: ({ shards }) => {
      kept = Math.min(kept, shards)
    },
  })
  expect(kept).toBeGreaterThanOrEqual(2)
  expect(await contentOf(path)).toEqual(await contentOf(straight))
})

test('two runs do not write one folder at the same time', async () => {
  const path = newFolder()
  const results = await Promise.allSettled([
    writeTokenShards(openStories(stories), wordTokenizer, path),
    writeTokenShards(openStories(stories), wordTokenizer, path),
  ])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const reason = results.find(result => result.status === 'rejected')?.reason
  expect(['held', 'already-written']).toContain(reason.code)

  const other = newFolder()
  await mkdir(other)
  // Another process, which is alive: the one that started this one.
  const lock = { pid: process.ppid, host: hostname(), started: null }
  await writeFile(join(other, 'lock.json'), JSON.stringify(lock))
  const write = () => writeTokenShards(openStories(stories), wordTokenizer, other)
  await expect(write()).rejects.toMatchObject({
    name: 'LockError',
    code: 'held',
    details: { pid: process.ppid },
  })
  // That number, but of a process that began at another time; only Linux knows.
  if (process.platform === 'linux') {
    await writeFile(join(other, 'lock.json'), JSON.stringify({ ...lock, started: '1' }))
    await write()
    expect(await readdir(other)).not.toContain('lock.json')
  }
})

describe('refuses', () => {
  test('finished shards, unless they may be replaced', async () => {
    const { path } = await written(stories)
    const again = (options: WriteTokenShardsOptions) =>
      writeTokenShards(openStories(stories.slice(0, 10)), wordTokenizer, path, options)
    await expect(again({})).rejects.toMatchObject({ code: 'already-written', details: { folder: path } })
    expect(await again({ overwrite: true })).toMatchObject({ stories: 10 })
    await openTokenShards(path).verify()
  })

  test('a folder with other things in it', async () => {
    await folder.write('precious.txt', 'mine')
    await expect(
      writeTokenShards(openStories(stories), wordTokenizer, folder.path, { overwrite: true }),
    ).rejects.toMatchObject({ code: 'foreign-file' })
  })

  test('ids that do not fit', async () => {
    const large = { endOfTextId: 0, encode: () => ({ ids: [70_000] }) }
    const path = newFolder()
    await expect(
      writeTokenShards(openStories(['x']), large, path, { dtype: 'uint16' }),
    ).rejects.toMatchObject({
      code: 'token-too-large',
      details: { story: 0, id: 70_000, dtype: 'uint16' },
    })
    expect(await readdir(folder.path)).not.toContain(path.split('/').at(-1))
    expect(await writeTokenShards(openStories(['x']), large, path)).toMatchObject({ dtype: 'uint32' })
  })

  test('workers whose tokenizer is another one', async () => {
    const other = { endOfTextId: 0, encode: () => ({ ids: [1] }) }
    await expect(
      writeTokenShards(openStories(stories), other, newFolder(), { worker, workers: 1 }),
    ).rejects.toMatchObject({ code: 'worker-tokenizer-differs' })
  })

  test('a module without the function', async () => {
    await expect(
      written(stories, { worker: { ...worker, make: 'nothing.here' }, workers: 1 }),
    ).rejects.toMatchObject({ code: 'no-tokenizer', details: { make: 'nothing.here' } })
  })

  test('unfinished shards of another stream', async () => {
    const path = newFolder()
    const controller = new AbortController()
    const many = Array.from({ length: 20 }, (_, i) => stories.map(story => `${i} ${story}`)).flat()
    await writeTokenShards(openStories(many), wordTokenizer, path, {
      shardTokens: 10_000,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    }).catch(() => {})
    const other = { shardTokens: 10_001 }
    await expect(writeTokenShards(openStories(many), wordTokenizer, path, other)).rejects.toMatchObject({
      code: 'other-shards',
    })
    await writeTokenShards(openStories(many), wordTokenizer, path, { ...other, overwrite: true })
    await openTokenShards(path).verify()
  })
})
