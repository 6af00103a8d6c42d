import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openMetricsFile } from './metrics-file.ts'
import type { MetricsLine } from './metrics-line.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metrics-'))
  path = join(folder, 'metrics.jsonl')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const line = (step: number): MetricsLine => ({
  type: 'sample',
  step,
  seconds: step / 7,
  text: 'Ein Bär — “ja”',
})
const lines = async (): Promise<unknown[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(text => JSON.parse(text))

test('keeps every line in order, and knows its length', async () => {
  const file = await openMetricsFile(path)
  const expected = Array.from({ length: 500 }, (_, i) => line(i))
  for (const each of expected) file.append(each)
  await file.flush()
  expect(await lines()).toEqual(expected)
  expect((await readFile(path)).length).toBe(file.bytes)
  await file.close()
})

test('continues after the bytes that are kept, and rewinds to an earlier length', async () => {
  const first = await openMetricsFile(path)
  first.append(line(1))
  const kept = first.bytes
  first.append(line(2))
  await first.close()
  const second = await openMetricsFile(path, kept)
  second.append(line(3))
  second.append(line(4))
  await second.rewind(kept)
  second.append(line(5))
  await second.close()
  expect(await lines()).toEqual([line(1), line(5)])
})

test('a new run begins an empty file', async () => {
  await writeFile(path, 'old')
  await (await openMetricsFile(path)).close()
  expect(await readFile(path, 'utf8')).toBe('')
})

test.skipIf(!existsSync('/dev/full'))(
  'reports a full disk once, keeps the lines and fails at the end',
  async () => {
    await symlink('/dev/full', path)
    const failures: unknown[] = []
    const file = await openMetricsFile(path, 1, error => failures.push(error)).catch(() => undefined)
    // Not every system lets a device be cut to a length.
    if (!file) return
    file.append(line(1))
    await expect(file.flush()).rejects.toMatchObject({ code: 'disk-full', details: { path } })
    file.append(line(2))
    await expect(file.close()).rejects.toMatchObject({ code: 'disk-full' })
    expect(failures).toEqual([expect.objectContaining({ code: 'disk-full' })])
  },
)
