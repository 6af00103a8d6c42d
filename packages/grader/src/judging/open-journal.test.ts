import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Judgment } from './grading.ts'
import { openJournal, readJournal } from './open-journal.ts'

let path: string
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'journal-')), 'journal.jsonl')
})
afterEach(() => rm(join(path, '..'), { recursive: true, force: true }))

const judgment = (assessment: string): Judgment => ({
  ...{ scores: { plot: 4 }, problems: {}, assessment, replies: ['Plot: 4'], flags: [], model: 'judge' },
  ...{ usage: { inputTokens: 1, outputTokens: 1 }, cost: 0 },
})

test('reads what was appended without changing it, and returns where the last whole line ends', async () => {
  const journal = await openJournal(path)
  await journal.append('a', judgment('Good.'))
  await journal.append('b', judgment('x'.repeat(600_000)))
  await journal.close()
  const whole = await readFile(path)
  await appendFile(path, '{"check":"0')
  const { judgments, end } = await readJournal(path)
  expect([...judgments].map(([key, { assessment }]) => [key, assessment.length])).toEqual([
    ['a', 5],
    ['b', 600_000],
  ])
  expect(end).toBe(whole.length)
  expect((await readFile(path)).length).toBe(whole.length + 11)
  await (await openJournal(path)).close()
  expect(await readFile(path)).toEqual(whole)
})

test('a line that nests too deeply is damaged like any other', async () => {
  await (await openJournal(path)).close()
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const line = JSON.stringify({ check: 'a', key: 'a', judgment: judgment('Good.') })
  await appendFile(path, `${line.replace('"flags":[]', `"flags":[],"more":${deep}`)}\n\n`)
  await expect(readJournal(path)).rejects.toMatchObject({ code: 'journal-damaged', details: { line: 2 } })
  await writeFile(path, '{}\n')
  await expect(readJournal(path)).rejects.toMatchObject({ code: 'wrong-format' })
})
