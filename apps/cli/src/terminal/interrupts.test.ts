import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveModel } from '@tinystories/pipeline'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandResult, tinystories } from '../testing/cli.ts'

let cwd: string
let server: Server
/** Called when the server has begun an answer that it will never end. */
let onAnswer = (): void => {}
let address: string

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tinystories-interrupts-'))
  const tokenizer = await trainTokenizer(['the cat sat', 'the dog ran'], { vocabSize: 230 })
  const config = gptConfig('tinystories-1m', {
    vocabSize: tokenizer.vocabSize,
    contextLength: 32,
    hiddenSize: 16,
    heads: 4,
    layers: 1,
  })
  await saveModel(join(cwd, 'model'), { config, parameters: initParameterArrays(config, 1), tokenizer })
  await writeFile(join(cwd, 'written.jsonl'), '{"prompt": "A cat", "completion": " sat."}\n')
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1e9 })
    response.write('The cat sat.\n<|endoftext|>\nThe dog ran.\n<|endoftext|>\n', () => onAnswer())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.HF_ENDPOINT = address
  process.env.XDG_CACHE_HOME = join(cwd, 'cache')
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(cwd, { recursive: true, force: true })
})

/** Runs a command that waits for the server, and sends it a signal meanwhile. */
async function interruptedBy(signal: NodeJS.Signals, args: string[]): Promise<CommandResult> {
  return tinystories(
    args.map(arg => arg.replace('URL', `${address}/stories.txt`)),
    {
      cwd,
      onStart(child) {
        onAnswer = () => void child.kill(signal)
      },
    },
  )
}

/** All that a command may have left, but for the cache of downloads. */
async function everything(): Promise<string[]> {
  const names = await readdir(cwd, { recursive: true })
  return names.filter(name => !name.startsWith('cache')).sort()
}

describe('Ctrl-C at any time ends with 130, and nothing half-written', () => {
  test.each([
    ['tokenizer train --data URL', /Nothing was written/],
    ['train --data URL', /Interrupted before the first step: nothing has changed/],
    ['train --data sample --valid URL --vocab-size 300 --out trained', /Interrupted before the first step/],
    ['data inspect URL', /Interrupted\./],
    ['data prepare URL --out shards', /the same command continues/],
    ['evaluate --model model --data URL', /Nothing was evaluated/],
    ['evaluate --model hf://owner/name --data sample', /Nothing was evaluated/],
    ['export --model hf://owner/name --format transformers --out exported', /the same command/],
    ['generate --model hf://owner/name', /^Interrupted before the first word\.\n$/],
    ['grade written.jsonl --measures-only --corpus URL --out measured', /The same command continues/],
  ])('%s', async (line, told) => {
    const before = await everything()
    const { code, stdout, stderr } = await interruptedBy('SIGINT', line.split(' '))
    expect(stdout + stderr).toMatch(told)
    expect(stdout + stderr).not.toMatch(/error:|Error|at file/)
    expect(code).toBe(130)
    expect(await everything()).toEqual(before)
  })
})

test('a closed terminal ends a run like Ctrl-C: its checkpoint is written, and no lock stays', async () => {
  let hungUp = false
  const args = 'train --hidden 16 --layers 1 --heads 2 --vocab-size 300 --context 32 --batch 4 --steps 100000'
  const { code } = await tinystories([...args.split(' '), '--eval-every', '100000', '--out', 'hung-up'], {
    cwd,
    onStdout: (text, child) => {
      if (hungUp || !text.includes('step ')) return
      hungUp = true
      child.stdout?.destroy()
      child.stderr?.destroy()
      child.kill('SIGHUP')
    },
  })
  expect(code).toBe(129)
  const names = await readdir(join(cwd, 'hung-up'), { recursive: true })
  expect(names.some(name => /step-\d+/.test(name))).toBe(true)
  expect(names.filter(name => name.includes('lock'))).toEqual([])
})

test('a request to end is answered with 143', async () => {
  const { code, stdout } = await interruptedBy('SIGTERM', ['tokenizer', 'train', '--data', 'URL'])
  expect(stdout).toContain('Interrupted')
  expect(code).toBe(143)
})

test('the command ends quietly when nobody reads its output any more', async () => {
  const lines = ['generate', '--model', 'model', '--count', '100000', '--max-tokens', '30']
  const { code, stderr } = await tinystories(lines, { cwd, onStdout: (_, child) => child.stdout?.destroy() })
  expect(stderr).toBe('')
  expect(code).toBe(141)
})

test('a progress that nobody reads is no reason to end', async () => {
  await mkdir(join(cwd, 'runs'), { recursive: true })
  const { code, stdout } = await tinystories(['data', 'inspect', 'sample'], {
    cwd,
    onStart: child => child.stderr?.destroy(),
  })
  expect(stdout).toContain('Stories of sample')
  expect(code).toBe(0)
})
