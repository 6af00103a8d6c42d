import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readQuestions } from './read-questions.ts'

async function read(text: string): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'tinystories-questions-'))
  try {
    const file = join(folder, 'questions.jsonl')
    await writeFile(file, text)
    return await readQuestions(file).catch(error => [
      error.code,
      error.details.source.slice(folder.length),
      error.details.path,
    ])
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a line is a question; empty ones are left out, and a prompt may be', async () => {
  expect(await read('{"prompt":"A","endings":["b","c"],"right":1}\n\n{"endings":["d"]}')).toEqual([
    { prompt: 'A', endings: ['b', 'c'], right: 1 },
    { prompt: '', endings: ['d'] },
  ])
})

test.each([
  ['{"endings":["a"]}\nno', 'not-json', 2, undefined],
  ['{"prompt":"A"}', 'invalid-value', 1, 'endings'],
  ['{"endings":[]}', 'invalid-value', 1, 'endings'],
  ['{"endings":["a",""]}', 'invalid-value', 1, 'endings.1'],
  ['{"endings":["a"],"right":1}', 'invalid-value', 1, ''],
  ['{"endings":["a"],"right":-1}', 'invalid-value', 1, 'right'],
  ['{"endings":["a"],"wrong":0}', 'invalid-value', 1, 'wrong'],
  [`{"endings":["${'a'.repeat(2 ** 20)}"]}`, 'too-large', 1, undefined],
])('refuses %.40s: %s', async (text, code, line, path) => {
  expect(await read(text)).toEqual([code, `/questions.jsonl, line ${line}`, path])
})
