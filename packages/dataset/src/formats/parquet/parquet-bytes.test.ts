import { parquetMetadataAsync } from 'hyparquet'
import { expect, test } from 'vitest'
import type { Story } from '../../stream/story.ts'
import { exampleStories } from '../../testing/example-stories.ts'
import { readMemory } from '../../testing/read-memory.ts'
import { parquetBytes } from './parquet-bytes.ts'

async function* of(stories: readonly Story[]): AsyncGenerator<Story> {
  yield* stories
}
async function write(stories: readonly Story[]): Promise<{ file: Buffer; pieces: number }> {
  const pieces: Uint8Array[] = []
  for await (const piece of parquetBytes(of(stories))) pieces.push(piece)
  return { file: Buffer.concat(pieces), pieces: pieces.length }
}

test('stories come back with all their fields', async () => {
  const stories: Story[] = [
    { text: 'One é 🐢.\n\n"Two."', words: ['a', 'b'], features: [], summary: 'S', source: 'GPT-4' },
    { text: 'Plain.' },
    { text: 'Asked.', prompt: 'Write.', sentence: 'It was red.', features: ['Dialogue'] },
  ]
  const { file } = await write(stories)
  expect(await readMemory('a.parquet', file, { instruct: false }).toArray()).toEqual(stories)
})

test('row groups of 10,000 are given as they are full', async () => {
  const stories = exampleStories(20_001).map((text, i) => ({ text: `${i} ${text.slice(0, 30)}` }))
  const { file, pieces } = await write(stories)
  expect(pieces).toBe(3)
  const { buffer, byteOffset, length } = file
  const metadata = await parquetMetadataAsync({
    byteLength: length,
    slice: (start, end = length) =>
      buffer.slice(byteOffset + (start < 0 ? length + start : start), byteOffset + end) as ArrayBuffer,
  })
  expect(metadata.row_groups.map(group => Number(group.num_rows))).toEqual([10_000, 10_000, 1])
  const read = await readMemory('a.parquet', file, { instruct: false }).toArray()
  expect(read).toEqual(stories.map(({ text }) => ({ text: text.trim() })))
})

test('no stories make a file without rows', async () => {
  await expect(readMemory('a.parquet', (await write([])).file).toArray()).rejects.toMatchObject({
    code: 'no-stories',
  })
})
