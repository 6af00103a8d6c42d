import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveModel } from '@tinystories/pipeline'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandResult, tinystories } from '../testing/cli.ts'

const endlessSweep = {
  ...{ name: 'small', data: 'sample', context: 32, vocabSize: 300, batchSize: 4, tokens: 400_000_000 },
  grids: [{ hidden: [16], layers: [1], heads: [1] }],
}
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
  const far = { ...endlessSweep, data: `${address}/stories.txt` }
  await writeFile(join(cwd, 'far.json'), JSON.stringify(far))
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
    ['sweep run far.json --out swept', /What is done is kept; the same command continues/],
    ['reproduce --size smoke --data URL --out reproduced', /What is done is kept/],
    ['grade written.jsonl --measures-only --corpus URL --out measured', /The same command continues/],
  ])('%s', async (line, expected) => {
    const before = await everything()
    const { code, stdout, stderr } = await interruptedBy('SIGINT', line.split(' '))
    expect(stdout + stderr).toMatch(expected)
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

describe('a command that has nothing to say ends at once when nobody reads its output any more', () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))

  test('in a pipe of the shell', async () => {
    const line = `"$0" --conditions=@tinystories/source "$1" serve model --port 0 | head -1; exit \${PIPESTATUS[0]}`
    const child = spawn('bash', ['-c', line, process.execPath, main], { cwd })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(141)
    expect(stdout).toMatch(/^Serving \S+ at [^\n]*\n$/)
  })

  test.each([
    ['serve model --port 0', 'Serving'],
    ['sweep run sweep.json --out swept', 'stages'],
  ])('%s, whose parent closes it', async (line, when) => {
    await writeFile(join(cwd, 'sweep.json'), JSON.stringify(endlessSweep))
    const { code } = await tinystories(line.split(' '), {
      cwd,
      onStdout: (text, child) => void (text.includes(when) && child.stdout?.destroy()),
    })
    expect(code).toBe(141)
    const names = await readdir(cwd, { recursive: true })
    expect(names.filter(name => /lock|\.tmp$/.test(name) && !name.startsWith('cache'))).toEqual([])
  })

  test.each(['data inspect URL', 'evaluate --model model --data URL', 'tokenizer train --data URL'])(
    '%s, before it has said anything',
    async line => {
      const before = await everything()
      const args = line.split(' ').map(arg => arg.replace('URL', `${address}/stories.txt`))
      const { code } = await tinystories(args, {
        cwd,
        onStart(child) {
          onAnswer = () => child.stdout?.destroy()
        },
      })
      expect(code).toBe(141)
      expect(await everything()).toEqual(before)
    },
  )

  test('a reader that is only slow is waited for', async () => {
    const args = 'generate --model model --count 400 --max-tokens 30'
    const line = `"$0" --conditions=@tinystories/source "$1" ${args} | (sleep 2; wc -l); exit \${PIPESTATUS[0]}`
    const child = spawn('bash', ['-c', line, process.execPath, main], { cwd })
    let lines = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      lines += text
    })
    expect(await new Promise(resolve => child.on('close', resolve))).toBe(0)
    expect(Number(lines)).toBeGreaterThanOrEqual(400)
  })
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
