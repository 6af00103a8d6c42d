import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepareShards } from './prepare-shards.ts'

test('a folder that cannot be made is refused before a vocabulary is trained, and no empty one is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prepare-shards-'))
  try {
    const source = join(folder, 'stories.txt')
    await writeFile(source, 'Mia had a ball.\n<|endoftext|>\nTom had a cat.\n')
    const events: string[] = []
    const options = { vocabSize: 270, workers: 0, onEvent: ({ type }: { type: string }) => events.push(type) }
    await expect(prepareShards(source, { ...options, folder: join(source, 'sub') })).rejects.toMatchObject({
      code: 'is-file',
    })
    expect(events).toEqual([])
    const out = join(folder, 'a', 'b')
    const cleaning = { minWords: 5000 }
    await expect(prepareShards(source, { ...options, folder: out, cleaning })).rejects.toMatchObject({
      code: 'nothing-left',
    })
    expect(await readdir(folder)).toEqual(['stories.txt'])
  } finally {
    await rm(folder, { recursive: true })
  }
})
