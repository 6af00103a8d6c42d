import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fingerprints } from './fingerprints.ts'
import { runFolder } from './run-folder.ts'
import type { RunSettings } from './run-settings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fingerprints-'))
  for (const name of ['a.txt', 'b.txt', 'tokenizer.json']) await writeFile(join(folder, name), `In ${name}.`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function dataOf(data: string): Promise<string | undefined> {
  const settings = { model: {}, data: join(folder, data), valid: null, heldOut: 0.1, batchSize: 8 }
  const none = {
    separator: null,
    textField: null,
    format: null,
    encoding: null,
    delimiter: null,
    quote: null,
  }
  const run = { ...runFolder(folder), tokenizer: join(folder, 'tokenizer.json') }
  return (await fingerprints(run, { ...settings, ...none, columns: null } as unknown as RunSettings)).data
}

test('files that a pattern names count one by one', async () => {
  const one = await dataOf('a.txt')
  const both = await dataOf('?.txt')
  expect(await dataOf('a*.txt')).toBe(one)
  expect(await dataOf('{b,a}.txt')).toBe(both)
  expect(both).not.toBe(one)
  await writeFile(join(folder, 'b.txt'), 'Something else.')
  expect(await dataOf('a.txt')).toBe(one)
  expect(await dataOf('?.txt')).not.toBe(both)
  await expect(dataOf('c*.txt')).rejects.toMatchObject({ code: 'not-found' })
})
