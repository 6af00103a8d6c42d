import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandLine } from './run.ts'
import { runInProcess } from './testing/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-json-'))
  const stories = Array.from({ length: 40 }, (_, i) => `A cat sat on a mat number ${i} and ran home.`)
  await writeFile(join(folder, 'stories.txt'), stories.join('\n<|endoftext|>\n'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('every command that reports has --json', () => {
  const names = (command: Command, path: string): string[] =>
    command.commands.length > 0
      ? command.commands.flatMap(each => names(each, `${path} ${each.name()}`))
      : command.options.some(({ long }) => long === '--json')
        ? [path.trim()]
        : []
  expect(
    names(
      commandLine(() => {}),
      '',
    ),
  ).toEqual(
    expect.arrayContaining([
      ...['data inspect', 'data prepare', 'tokenizer train', 'train', 'generate', 'evaluate', 'grade'],
      ...['compare', 'agree', 'report', 'runs', 'check', 'probe', 'score', 'sweep status'],
      ...[
        'sweep run',
        'sweep work',
        'sweep stop',
        'sweep retry',
        'sweep report',
        'reproduce',
        'push',
        'export',
      ],
    ]),
  )
})

test('with --json the standard output is one JSON document, and people read the standard error', async () => {
  const json = async (...args: string[]): Promise<{ result: object; stderr: string }> => {
    const { code, stdout, stderr } = await runInProcess([...args, '--json'], { cwd: folder })
    expect([code, args]).toEqual([0, args])
    return { result: JSON.parse(stdout), stderr }
  }
  const tokenizer = await json('tokenizer', 'train', '--data', 'stories.txt', '--vocab-size', '300')
  expect(tokenizer).toEqual({
    result: { file: join(folder, 'tokenizer.json'), vocabSize: expect.any(Number) },
    stderr: expect.stringContaining('Wrote tokenizer.json'),
  })
  const prepared = await json('data', 'prepare', 'stories.txt', '--out', 'shards', '--workers', '0')
  expect(prepared.result).toMatchObject({ source: 'stories.txt', folders: [{ stories: 40 }] })
  expect(prepared.stderr).toContain('Wrote shards: 40 stories')
  const size = ['--hidden', '8', '--layers', '1', '--heads', '1', '--context', '8', '--batch', '2']
  const limits = ['--steps', '2', '--engine', 'cpu', '--tokenizer', 'tokenizer.json', '--out', 'run']
  const trained = await json('train', '--data', 'stories.txt', ...size, ...limits)
  expect(trained.result).toMatchObject({
    folder: join(folder, 'run'),
    status: 'finished',
    step: 2,
    score: { bitsPerByte: expect.any(Number) },
  })
  expect(trained.stderr).toContain('A story it wrote:')
  const written = await json('generate', '--model', 'run', '--prompt', 'A', '--count', '2')
  expect(written.result).toEqual({
    stories: [expect.stringMatching(/^A/), expect.stringMatching(/^A/)],
  })
})
