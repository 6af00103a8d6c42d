import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatSettings } from './read-options.ts'
import { openTrainingSource } from './training-source.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'source-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('stories are trained on and held out as the options say that the file is written', async () => {
  const path = join(folder, 'stories.csv')
  const stories = Array.from({ length: 8 }, (_, i) => `José had ${i + 2} cafés.`)
  await writeFile(path, Buffer.from(stories.map((story, i) => `${i}|${story}\n`).join(''), 'latin1'))
  const { train, heldOut } = await openTrainingSource({
    data: path,
    heldOut: 0.5,
    ...{ format: 'csv', encoding: 'windows-1252', delimiter: '|', columns: ['id', 'story'] },
    tokenizer: await parseTokenizer({
      model: { type: 'BPE', vocab: { '<|endoftext|>': 0 }, merges: [] },
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
      decoder: { type: 'ByteLevel' },
      added_tokens: [{ id: 0, content: '<|endoftext|>', special: true }],
    }),
  })
  const read = [...(await train.toArray()), ...(await heldOut.toArray())]
  expect(read.map(story => 'text' in story && story.text).toSorted()).toEqual(stories)
})

test('a format is saved with null for all that is left to the file', () => {
  expect(formatSettings({ encoding: 'latin1', columns: ['story'] })).toEqual({
    ...{ separator: null, textField: null, format: null, delimiter: null, quote: null },
    ...{ encoding: 'latin1', columns: ['story'] },
  })
})
