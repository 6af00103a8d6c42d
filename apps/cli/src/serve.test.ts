import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instructTemplates } from '@tinystories/dataset/instruct'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveModel } from '@tinystories/pipeline'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandResult, tinystories } from './testing/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-serve-'))
  // Long enough for the questions of a judge.
  const sizes = { vocabSize: 230, contextLength: 4096, hiddenSize: 4, heads: 1, layers: 1 }
  const config = gptConfig('tinystories-1m', { ...sizes, attention: ['global'], initializerRange: 0.3 })
  const tokenizer = await trainTokenizer(['the cat sat', 'the dog ran'], { vocabSize: 230 })
  await saveModel(join(folder, 'judge'), { config, parameters: initParameterArrays(config, 1), tokenizer })
  await writeFile(join(folder, 'judge', 'instruct.json'), JSON.stringify(instructTemplates.request))
  await writeFile(join(folder, 'texts.jsonl'), '{"prompt": "The cat", "completion": " sat."}\n')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Serving {
  url: string
  lines: () => { path?: string; status?: number }[]
  end: () => Promise<CommandResult>
}

async function serve(...args: string[]): Promise<Serving> {
  let child: ChildProcess | undefined
  let text = ''
  let result: Promise<CommandResult> | undefined
  const url = await new Promise<string>((resolve, reject) => {
    result = tinystories(['serve', 'judge', '--port', '0', '--json', ...args], {
      cwd: folder,
      onStart: started => {
        child = started
      },
      onStdout: all => {
        text = all
        if (all.includes('\n')) resolve(JSON.parse(all.split('\n')[0]!).url)
      },
    })
    result.then(({ stderr }) => reject(new Error(stderr)), reject)
  })
  return {
    url,
    lines: () =>
      text
        .trim()
        .split('\n')
        .slice(1)
        .map(line => JSON.parse(line)),
    end: () => {
      child!.kill('SIGINT')
      return result!
    },
  }
}

test('serve answers the grader as a judge, and ends with Ctrl-C', async () => {
  const server = await serve()
  const graded = await tinystories(
    [
      'grade',
      'texts.jsonl',
      '--judge',
      'judge',
      '--server',
      server.url,
      '--cache',
      'replies',
      '--judge-max-tokens',
      '8',
    ],
    { cwd: folder },
  )
  // It talks nonsense, and the grader says that; the protocol is what it reads without a word.
  expect(graded.stderr).toBe('')
  expect(graded.stdout).toMatch(/1 ungraded/)
  const chats = server.lines().filter(({ path }) => path === '/v1/chat/completions')
  expect(chats.length).toBeGreaterThan(0)
  expect(chats.every(({ status }) => status === 200)).toBe(true)
  const gradings = JSON.parse(await readFile(join(folder, 'texts-grades', 'gradings.json'), 'utf8'))
  expect(JSON.stringify(gradings)).toContain('"judge"')

  const { code, stderr } = await server.end()
  expect({ code, stderr }).toEqual({ code: 130, stderr: 'The server has ended.\n' })
})
