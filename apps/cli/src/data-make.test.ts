import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChatServer, startChatServer } from '@tinystories/llm/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tinystories } from './testing/cli.ts'

/** A tale that uses the quoted words of a request, and tells numbers that depend on it so that no two are alike. */
function tale(request: string): string {
  const words = [...request.matchAll(/"([^"]+)"/g)].map(match => match[1]!)
  let state = [...request].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7)
  const number = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % 997
  }
  const lines = Array.from({ length: 12 }, () => `Ana counted ${number()} stars and ${number()} leaves.`)
  return `${lines.slice(0, 4).join(' ')} They saw how ${words.join(' and ')} go together.\n\n${lines.slice(4).join(' ')}\n\nSummary: Ana counted.`
}

let server: ChatServer
let cwd: string
beforeAll(async () => {
  server = await startChatServer({
    respond: ({ messages }) => tale(messages[0]!.content),
    apiKey: 'sk-planted-key-0123456789',
    latency: [5, 20],
    faults: { serverError: 0.05, malformed: 0.05 },
  })
  cwd = await mkdtemp(join(tmpdir(), 'tinystories-make-'))
  await writeFile(join(cwd, 'key'), 'sk-planted-key-0123456789\n')
})
afterAll(async () => {
  await server.close()
  await rm(cwd, { recursive: true, force: true })
})

const make = (args: string[], onStdout?: Parameters<typeof tinystories>[1]['onStdout']) =>
  tinystories(
    ['data', 'make', '--server', server.baseURL, '--model', 'local', '--key-file', 'key', ...args],
    onStdout ? { cwd, onStdout } : { cwd },
  )

test('stories are made, interrupted, gone on with, and added to; the key is told nowhere', async () => {
  const args = [
    '--out',
    'made.jsonl',
    '--instruct',
    '--prices',
    '10,10',
    '--budget',
    '5',
    '--concurrency',
    '8',
  ]
  const first = await make([...args, '--count', '25'])
  expect(first).toMatchObject({ code: 0 })
  expect(first.stdout).toMatch(/Wrote made\.jsonl: 25 stories, \d+ words each, for \$0\.\d+/)
  expect(first.stdout).toContain('Asked for 25 of ')
  const before = await readFile(join(cwd, 'made.jsonl'), 'utf8')
  const more = await make([...args, '--count', '40'])
  expect(more.stdout).toContain('40 stories, 25 of them before')
  const after = await readFile(join(cwd, 'made.jsonl'), 'utf8')
  expect(after.startsWith(before)).toBe(true)
  expect(after.trim().split('\n')).toHaveLength(40)
  expect(server.counts().delivered).toBe(40)
  // At the same count there is nothing to do, and nothing is paid.
  expect((await make([...args, '--count', '40'])).stdout).toContain('0 replies were paid in this run')
  const poor = await make([
    '--out',
    'made.jsonl',
    '--instruct',
    '--prices',
    '10,10',
    '--budget',
    '0.001',
    '--count',
    '50',
  ])
  expect(poor.stderr).toMatch(
    /^error: --budget: \$0\.\d+ are spent on made\.jsonl already, of \$0\.0010\. Give a higher one\.\n$/,
  )
  for (const { stdout, stderr } of [first, more, poor])
    expect(stdout + stderr + after).not.toContain('sk-planted')
})

test('Ctrl-C leaves whole lines, and the same command ends as if there had been none', async () => {
  const args = ['--count', '60', '--concurrency', '4', '--seed', '9']
  await make([...args, '--out', 'whole.jsonl'])
  const delivered = server.counts().delivered
  const child = make([...args, '--out', 'cut.jsonl'])
  // Interrupted by its own writing: as soon as there are some lines.
  const interrupted = await Promise.all([child, interruptAt(join(cwd, 'cut.jsonl'), 10)])
  expect([130, 0]).toContain(interrupted[0].code)
  expect(await make([...args, '--out', 'cut.jsonl'])).toMatchObject({ code: 0 })
  const strip = (text: string): string => text.replaceAll(/"cost":[^,]+,/g, '')
  expect(strip(await readFile(join(cwd, 'cut.jsonl'), 'utf8'))).toBe(
    strip(await readFile(join(cwd, 'whole.jsonl'), 'utf8')),
  )
  expect(server.counts().delivered - delivered).toBeLessThanOrEqual(60 + 4)
})

test('mistakes are one line', async () => {
  const out = ['--count', '2', '--out', 'x.jsonl']
  const bare = await tinystories(
    ['data', 'make', '--model', 'm', '--server', 'http://example.invalid/v1', ...out],
    { cwd },
  )
  expect(bare).toMatchObject({
    code: 1,
    stderr:
      'error: There is no key for the server. Set OPENAI_API_KEY, or name a file that holds it with --key-file.\n',
  })
  await writeFile(join(cwd, 'wrong'), 'sk-wrong-key-0123456789')
  const wrong = await tinystories(
    ['data', 'make', '--model', 'm', '--server', server.baseURL, '--key-file', 'wrong', ...out],
    { cwd },
  )
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toMatch(
    /^error: \S+ answered 401: Incorrect API key provided: \[key\]\. Check the key, .*\n$/,
  )
})

/** Sends SIGINT to the process that writes the file when it has so many lines. */
async function interruptAt(file: string, lines: number): Promise<void> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text.split('\n').length > lines) break
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  const lock = JSON.parse(await readFile(`${file}.synthesis/lock.json`, 'utf8')) as { pid: number }
  process.kill(lock.pid, 'SIGINT')
}
