import { watch } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runInProcess, tinystories } from '../testing/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-data-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const cli = (...args: string[]): ReturnType<typeof runInProcess> => runInProcess(args, { cwd: folder })

test('prepare writes shards that inspect finds whole and train takes', async () => {
  const made = await cli(
    'data',
    'prepare',
    'sample',
    '--out',
    'shards',
    '--vocab-size',
    '300',
    '--held-out',
    '0.1',
    '--clean',
  )
  expect(made).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') })
  expect(made.stdout).toMatch(/Wrote shards\/train: 1,\d{3} stories, [\d,]+ tokens \(uint16\)/)
  expect(made.stdout).toContain('Cleaned: kept 1,196 of 1,196 stories')
  expect(made.stdout).toContain('tinystories train --data shards')
  expect((await readdir(join(folder, 'shards'))).sort()).toEqual(['held-out', 'train'])

  const { stdout } = await cli('data', 'inspect', 'shards', '--json')
  const [train, heldOut] = (JSON.parse(stdout) as { folders: { stories: number }[] }).folders
  expect(train!.stories + heldOut!.stories).toBe(1196)

  const again = await cli('data', 'prepare', 'sample', '--out', 'shards/train')
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/^error: .*finished token shards already/)

  const size = ['--hidden', '16', '--layers', '1', '--heads', '2', '--context', '32', '--batch', '4']
  const trained = await cli('train', '--data', 'shards', ...size, '--steps', '4', '--out', 'run')
  expect(trained).toMatchObject({ code: 0, stderr: '' })
  expect(trained.stdout).toContain(`Stories: ${train!.stories.toLocaleString('en')} to train on`)
  expect(trained.stdout).toContain('a vocabulary of 300')
  const resumed = await cli('train', '--resume', 'run', '--steps', '6')
  expect(resumed).toMatchObject({ code: 0, stderr: '' })
  const other = await cli(
    'train',
    '--data',
    'shards',
    '--vocab-size',
    '400',
    ...size,
    '--steps',
    '1',
    '--out',
    'no',
  )
  expect(other.stderr).toMatch(/--data .*shards is token shards, for which --vocab-size was decided/)
  // Damage is reported before anything is trained.
  const shard = join(folder, 'shards/train/shard-00000.bin')
  await writeFile(shard, (await readFile(shard)).subarray(0, 1000))
  const damaged = await cli('data', 'inspect', 'shards')
  expect(damaged.code).toBe(1)
  expect(damaged.stderr).toMatch(/shard-00000\.bin has 1000 bytes instead of/)
})

test('prepare goes on after Ctrl-C, with the same result', async () => {
  const line = (i: number): string =>
    `Tom saw ${i} birds in the tree, and ${i * 7} more came. They all sang for him.`
  const stories = Array.from({ length: 60_000 }, (_, i) => `${line(i)}\n<|endoftext|>\n`).join('')
  await writeFile(join(folder, 'many.txt'), stories)
  await cli('tokenizer', 'train', '--vocab-size', '300', '--out', 'tokenizer.json')
  const args = [
    'data',
    'prepare',
    'many.txt',
    '--tokenizer',
    'tokenizer.json',
    '--shard-tokens',
    '20000',
    '--out',
  ]
  expect((await cli(...args, 'straight')).code).toBe(0)
  await mkdir(join(folder, 'stopped'))
  const stopped = await tinystories([...args, 'stopped'], {
    cwd: folder,
    onStart: child => {
      // As soon as a shard is finished.
      const watcher = watch(join(folder, 'stopped'), (_event, name) => {
        if (name === 'unfinished.json') child.kill('SIGINT')
      })
      child.once('close', () => watcher.close())
    },
  })
  expect(stopped.code).toBe(130)
  expect(stopped.stdout).toContain('the same command continues after it')
  expect((await cli('train', '--data', 'stopped', '--steps', '1')).stderr).toMatch(
    /was interrupted. Repeat it/,
  )
  expect((await cli(...args, 'stopped')).code).toBe(0)
  const names = (await readdir(join(folder, 'straight'))).sort()
  expect((await readdir(join(folder, 'stopped'))).sort()).toEqual(names)
  for (const name of names) {
    expect(await readFile(join(folder, 'stopped', name))).toEqual(
      await readFile(join(folder, 'straight', name)),
    )
  }
})

test('prepare writes a parquet file of clean stories, which comes back', async () => {
  const made = await cli('data', 'prepare', 'sample', '--clean', '--out', 'made/clean.parquet')
  expect(made).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') })
  expect(made.stdout).toMatch(/^Wrote made\/clean\.parquet: [\d,]+ stories\n/)
  expect(made.stdout).toContain('train --data made/clean.parquet')
  const wrote = /: ([\d,]+) stories/.exec(made.stdout)![1]
  const read = await cli('data', 'inspect', 'made/clean.parquet', '--samples', '0')
  expect(read.stdout).toMatch(new RegExp(`stories +${wrote}\\n`))
  expect((await readdir(join(folder, 'made'))).sort()).toEqual(['clean.parquet'])
  expect((await cli('data', 'prepare', 'sample', '--out', 'made/clean.parquet')).stderr).toMatch(
    /clean\.parquet exists already.*--overwrite/,
  )
})

test('a file of another encoding and dialect is read as the flags say', async () => {
  await writeFile(join(folder, 'old.csv'), Buffer.from("1^'Caf\xe9 ^ one.'\n2^Two.\n", 'latin1'))
  const flags = ['--encoding', 'latin1', '--delimiter', '^', '--quote', "'", '--columns', 'n,text']
  const made = await cli('data', 'prepare', 'old.csv', ...flags, '--out', 'old.parquet')
  expect(made.stdout).toMatch(/^Wrote old\.parquet: 2 stories\n/)
  const read = await cli('data', 'inspect', 'old.csv', ...flags, '--samples', '2')
  expect(read.stdout).toContain('Café ^ one.')
  const wrong = await cli('data', 'inspect', 'old.csv', '--encoding', 'klingon')
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: --encoding.*klingon/) })
  const two = await cli('data', 'inspect', 'old.csv', '--delimiter', '^^')
  expect(two).toMatchObject({ code: 1, stderr: expect.stringMatching(/^error: --delimiter/) })
})

test('inspect counts, as text and as JSON', async () => {
  const text = await cli('data', 'inspect', 'sample', '--samples', '1', '--tokenizer', 'tokenizer.json')
  expect(text).toMatchObject({ code: 0, stderr: '' })
  expect(text.stdout).toMatch(/stories +1,196\n/)
  expect(text.stdout).toMatch(/tokens +[\d,]+ with tokenizer.json/)
  expect(text.stdout).toContain('Sample 1')
  const json = await cli('data', 'inspect', 'sample', '--json', '--near-duplicates')
  expect(JSON.parse(json.stdout)).toMatchObject({ stories: 1196, duplicates: 0, nearDuplicates: 0 })
})

test.each([
  [['data', 'prepare', 'nowhere.txt', '--out', 'none'], /nowhere\.txt: there is no such file/],
  [['data', 'prepare', 'sample'], /required option '--out/],
  [['data', 'prepare', 'sample', '--out', 'none', '--clean', 'foo'], /"foo" is no rule. Rules: repair/],
  [['data', 'prepare', 'sample', '--out', 'none', '--min-words', '5000'], /No story is left: --clean/],
  [['data', 'prepare', 'nowhere.txt', '--out', 'a.parquet'], /nowhere\.txt: there is no such file/],
  [
    ['data', 'prepare', 'sample', '--out', 'a.parquet', '--vocab-size', '300'],
    /--vocab-size is about token shards, and --out a\.parquet is a parquet file/,
  ],
  [['data', 'prepare', 'sample', '--out', 'b.parquet', '--min-words', '5000'], /No story is left/],
  [['data', 'inspect', 'nowhere'], /nowhere: there is no such file/],
  [['data', 'inspect'], /missing required argument 'source'/],
])('%j ends with one clear line', async (args, message) => {
  const before = await readdir(folder)
  const { code, stderr } = await cli(...args)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^error: /)
  expect(code).toBe(1)
  expect(await readdir(folder)).toEqual(before)
})
