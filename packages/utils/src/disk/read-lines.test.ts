import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FileLine, readLines } from './read-lines.ts'

let path: string
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'lines-')), 'a.jsonl')
})
afterEach(() => rm(join(path, '..'), { recursive: true, force: true }))

async function collect(lines: AsyncIterable<FileLine>): Promise<FileLine[]> {
  const all: FileLine[] = []
  for await (const line of lines) all.push(line)
  return all
}

async function linesOf(content: string | Uint8Array): Promise<FileLine[]> {
  await writeFile(path, content)
  return collect(readLines(path))
}

test('gives lines with their places, and tells one that has no end', async () => {
  expect(await linesOf('é\n\nab')).toEqual([
    { text: 'é', number: 1, start: 0, end: 3, isWhole: true },
    { text: '', number: 2, start: 3, end: 4, isWhole: true },
    { text: 'ab', number: 3, start: 4, end: 6, isWhole: false },
  ])
  expect(await linesOf('')).toEqual([])
})

test('joins lines and characters that lie across what is read at a time', async () => {
  const long = 'é'.repeat(300_000)
  const lines = await linesOf(`a${long}\n${long}\nend\n`)
  expect(lines.map(({ text }) => text)).toEqual([`a${long}`, long, 'end'])
  expect(lines.at(-1)?.end).toBe(Buffer.byteLength(`a${long}\n${long}\nend\n`))
})

test('refuses a line above its limit, reads an open file from its start and leaves it open', async () => {
  await writeFile(path, 'short\nlonger\n')
  const all = collect(readLines(path, { maxLineBytes: 5 }))
  await expect(all).rejects.toMatchObject({ code: 'too-large', details: { bytes: 6, limit: 5 } })
  const file = await open(path, 'r')
  for (let twice = 0; twice < 2; twice++)
    expect((await collect(readLines(file))).map(({ number }) => number)).toEqual([1, 2])
  await file.close()
  await expect(collect(readLines(`${path}.none`))).rejects.toMatchObject({ code: 'not-found' })
})
