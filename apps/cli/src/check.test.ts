import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { run } from './run.ts'

let folder: string
let output: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-cli-'))
  output = ''
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(text => {
      output += String(text)
      return true
    })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

test('check says what is wrong, repairs what it can, and has exit code 1 for the rest', async () => {
  expect(await run(['check', folder])).toBe(0)
  expect(output).toBe(`Nothing of TinyStories is in ${folder}.\nNothing is wrong.\n`)
  await writeFile(join(folder, 'gradings.json'), '{"format":"tinystories-gradings","version":2}')
  await writeFile(join(folder, 'completions.jsonl'), '{"prompt":"\u001b[2J')
  output = ''
  expect(await run(['check', folder])).toBe(1)
  expect(output).toContain(`Wrong: ${folder}/gradings.json: name: expected`)
  expect(output).toContain('2 things are wrong, 1 of which --repair puts right.')
  output = ''
  expect(await run(['check', folder, '--repair', '--json'])).toBe(1)
  expect(JSON.parse(output)).toMatchObject({
    checked: { gradings: 1 },
    problems: [
      { path: `${folder}/completions.jsonl`, code: 'half-line', repair: 'cut-line', repaired: true },
      { path: `${folder}/gradings.json`, code: 'invalid-value', details: { path: 'name' }, repair: null },
    ],
  })
  await rm(join(folder, 'gradings.json'))
  expect(await run(['check', folder])).toBe(0)
  output = ''
  expect(await run(['check', join(folder, 'none')])).toBe(1)
  expect(output).toContain('there is no such file or folder')
})
