import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSweep, openSweep } from './open-sweep.ts'
import { checkSoftware, readSavedSweep } from './saved-sweep.ts'
import { parseSweepSpec } from './spec/sweep-spec.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'saved-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const spec = (more = {}) =>
  parseSweepSpec({ name: 'a', tokens: 10_000, grids: [{ hidden: [64], layers: [1] }], ...more }, 'test')

test('a sweep keeps its id and the prompts of its file; a worker of other software is refused', async () => {
  const promptFile = join(folder, 'prompts.yaml')
  await writeFile(promptFile, '- Once there was a\n- One day\n')
  const data = join(folder, 'stories.txt')
  await writeFile(data, 'One.\n<|endoftext|>\nTwo.\n<|endoftext|>\n')
  const out = join(folder, 'out')
  const first = await createSweep(spec({ data, promptFile, quotePromptFile: false }), out)
  const again = await createSweep(spec({ data, promptFile, prompts: ['Tom'] }), out)
  expect(again.id).toBe(first.id)
  expect(again.prompts.map(({ id, isQuotable }) => [id, isQuotable])).toEqual([
    ['prompt-1', true],
    ['file-prompt-1', true],
    ['file-prompt-2', true],
  ])
  expect(first.prompts.at(-1)).toEqual({ id: 'file-prompt-2', text: 'One day', isQuotable: false })
  // Other prompts: generated again, and not trained again.
  const idOf = (sweep: typeof first, stage: string) =>
    sweep.tasks.find(({ stage: { name } }) => name === stage)!.id
  expect(idOf(again, 'train')).toBe(idOf(first, 'train'))
  expect(idOf(again, 'generate')).not.toBe(idOf(first, 'generate'))

  const opened = await openSweep(out)
  await checkSoftware(opened, 'host:1')
  await expect(checkSoftware({ ...opened, software: 'train 9' }, 'host:1')).rejects.toMatchObject({
    code: 'other-software',
    details: { worker: 'host:1', found: 'train 9' },
  })
})

test('what cannot be is refused before anything is written', async () => {
  const out = join(folder, 'out')
  const impossible = createSweep(spec({ grids: [{ hidden: [30], layers: [1], heads: [4] }] }), out)
  await expect(impossible).rejects.toMatchObject({ code: 'impossible-cells' })
  await expect(createSweep(spec(), out, { memory: 1000 })).rejects.toMatchObject({ code: 'impossible-cells' })
  await expect(createSweep(spec({ judge: { model: 'a' } }), out)).rejects.toMatchObject({ code: 'no-judge' })
  await expect(createSweep(spec({ promptFile: 'nowhere.yaml' }), out)).rejects.toMatchObject({
    code: 'not-found',
  })
  expect(await readdir(folder)).toEqual([])
})

test('a folder of a later release is refused, and a damaged one is named', async () => {
  const path = join(folder, 'sweep.json')
  await writeFile(path, JSON.stringify({ version: 3 }))
  await expect(readSavedSweep(folder)).rejects.toMatchObject({ code: 'other-format', details: { found: 3 } })
  for (const damaged of ['', '{', '[]', '{"version":2}']) {
    await writeFile(path, damaged)
    await expect(readSavedSweep(folder)).rejects.toThrow('sweep.json')
  }
  await rm(path)
  expect(await readSavedSweep(folder)).toBeUndefined()
})
