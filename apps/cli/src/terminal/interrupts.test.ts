import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { saveModel } from '@tinystories/pipeline'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommandResult, runInProcess, tinystories } from '../testing/cli.ts'

const endlessSweep = {
  ...{ name: 'small', data: 'sample', context: 32, vocabSize: 300, batchSize: 4, tokens: 400_000_000 },
  grids: [{ hidden: [16], layers: [1], heads: [1] }],
}
/** With the exit code that each leads to. */
const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const
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

describe('commands that read gradings, runs and sweeps', () => {
  const grades = (name: string): string =>
    ['a', 'b', 'c']
      .map((id, i) =>
        JSON.stringify({ prompt_id: id, prompt: 'Once', completion: `${name} ${i}`, grammar: i + 5 }),
      )
      .join('\n')
  const readers = [
    'compare a.jsonl b.jsonl',
    'agree a.jsonl a.jsonl',
    'report a.jsonl b.jsonl --out -',
    'runs read --json',
    'check read',
    'sweep status made',
    'sweep status made --watch',
  ]
  beforeAll(async () => {
    for (const name of ['a', 'b']) await writeFile(join(cwd, `${name}.jsonl`), grades(name))
    await writeFile(join(cwd, 'sweep.json'), JSON.stringify(endlessSweep))
    const train =
      'train --hidden 16 --layers 1 --heads 2 --vocab-size 300 --context 32 --batch 4 --steps 2 --out read/a'
    await runInProcess(train.split(' '), { cwd })
    await tinystories(['sweep', 'run', 'sweep.json', '--out', 'made'], {
      cwd,
      onStdout: (text, child) => void (text.includes('stages') && child.kill('SIGINT')),
    })
  })

  test.each(readers)('%s ends with 141 when nobody reads what it says, and leaves nothing', async line => {
    const before = await everything()
    const { code, stderr } = await tinystories(line.split(' '), {
      cwd,
      onStart: child => child.stdout?.destroy(),
    })
    expect(code, stderr).toBe(141)
    expect(await everything()).toEqual(before)
  })

  test.each(signals)('sweep status --watch ends after %s', async (signal, code) => {
    const result = await tinystories(['sweep', 'status', 'made', '--watch'], {
      cwd,
      onStdout: (text, child) => void (text.includes('stages done') && child.kill(signal)),
    })
    expect(result.code).toBe(code)
  })

  // They change nothing, so that the system may end them at once; a shell counts that in the same way.
  test.each(
    ['compare', 'agree', 'report'].flatMap(name => signals.map(([signal]) => [name, signal] as const)),
  )('%s that waits for a pipe ends after %s, and leaves nothing', async (name, signal) => {
    const pipe = join(cwd, 'pipe')
    spawnSync('mkfifo', [pipe])
    const before = await everything()
    const { code, stderr } = await tinystories([name, 'a.jsonl', 'b.jsonl', '--completions', 'pipe'], {
      cwd,
      // It can be opened to be written when the command has opened it.
      async onStart(child) {
        const writer = await open(pipe, 'w')
        child.once('close', () => writer.close())
        child.kill(signal)
      },
    })
    expect([code, stderr]).toEqual([null, ''])
    expect(await everything()).toEqual(before)
  })

  test.each(signals)('sweep work that waits for a server ends after %s', async (signal, code) => {
    let onConnection = (): void => {}
    const silent = createSocketServer(() => onConnection()).listen(0, '127.0.0.1')
    await new Promise(resolve => silent.once('listening', resolve))
    const { port } = silent.address() as AddressInfo
    const result = await tinystories(
      ['sweep', 'work', 'made', '--queue', `postgres://me@127.0.0.1:${port}/x`],
      {
        cwd,
        onStart(child) {
          onConnection = () => void child.kill(signal)
        },
      },
    )
    silent.close()
    expect([result.code, result.stderr]).toEqual([code, ''])
  })

  test.each(signals)(
    'sweep run with workers, whose queue is starting, ends after %s',
    async (signal, code) => {
      const result = await tinystories('sweep run sweep.json --workers 2 --out several'.split(' '), {
        cwd,
        onStdout: (text, child) => void (text.includes('stages') && child.kill(signal)),
      })
      expect(result.code).toBe(code)
      const names = await readdir(join(cwd, 'several'), { recursive: true })
      expect(names.filter(name => /lock|\.tmp$/.test(name))).toEqual([])
    },
  )
})

describe.skipIf(process.platform !== 'linux')('write, in a terminal', () => {
  /** Runs it under a terminal of `script`, and calls back when it asks. @returns its exit code */
  async function writeUntil(onQuestion: (pid: number, terminal: ChildProcess) => void): Promise<number> {
    const main = fileURLToPath(new URL('../main.ts', import.meta.url))
    const node = `"${process.execPath}" --conditions=@tinystories/source "${main}" write model 2>write-errors`
    const line = `echo $$ > write-pid; ${node}; echo $? > write-code`
    const terminal = spawn('script', ['-qfc', line, '/dev/null'], { cwd, stdio: ['pipe', 'pipe', 'ignore'] })
    let text = ''
    let isAsked = false
    terminal.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more
      if (isAsked || !text.includes('starts with')) return
      isAsked = true
      const shell = Number(readFileSync(join(cwd, 'write-pid'), 'utf8'))
      const children = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8')
      onQuestion(Number(children.trim()), terminal)
    })
    await new Promise(resolve => terminal.once('close', resolve))
    return Number(readFileSync(join(cwd, 'write-code'), 'utf8'))
  }

  test.each(signals)('a question ends after %s', async (signal, code) => {
    expect(await writeUntil(pid => void process.kill(pid, signal))).toBe(code)
    expect(readFileSync(join(cwd, 'write-errors'), 'utf8')).toBe('Interrupted.\n')
  })

  test('Ctrl-D leaves', async () => {
    expect(await writeUntil((_, terminal) => void terminal.stdin?.write('\u0015\u0004'))).toBe(0)
  })
})
