import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChatServer, startChatServer } from '@tinystories/llm/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runInProcess, tinystories } from './testing/cli.ts'

/** A story that uses the quoted words of a request, and numbers that depend on it so that no two are alike. */
function storyFor(request: string): string {
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
/** Called with the number of requests so far, before each is answered. */
let onRequest: (count: number) => void = () => {}
let requests = 0
beforeAll(async () => {
  server = await startChatServer({
    respond({ messages }) {
      onRequest(++requests)
      return storyFor(messages[0]!.content)
    },
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

const synthesize = (args: string[], onStart: (child: ChildProcess) => void = () => {}) =>
  tinystories(
    ['data', 'synthesize', '--server', server.baseURL, '--model', 'local', '--key-file', 'key', ...args],
    { cwd, onStart },
  )

test('stories are written and added to, and nothing is paid for twice; the key appears nowhere', async () => {
  const args = [
    '--out',
    'stories.jsonl',
    '--instruct',
    '--prices',
    '10,10',
    '--budget',
    '5',
    '--concurrency',
    '8',
  ]
  const first = await synthesize([...args, '--count', '25'])
  expect(first).toMatchObject({ code: 0 })
  expect(first.stdout).toMatch(/Wrote stories\.jsonl: 25 stories, \d+ words each, for \$0\.\d+/)
  expect(first.stdout).toContain('Asked for 25 of ')
  const before = await readFile(join(cwd, 'stories.jsonl'), 'utf8')
  const more = await synthesize([...args, '--count', '40'])
  expect(more.stdout).toContain('40 stories, 25 of them earlier')
  const after = await readFile(join(cwd, 'stories.jsonl'), 'utf8')
  expect(after.startsWith(before)).toBe(true)
  expect(after.trim().split('\n')).toHaveLength(40)
  expect(server.counts().delivered).toBe(40)
  // At the same count there is nothing to do, and nothing is paid.
  const same = await synthesize([...args, '--count', '40', '--json'])
  expect(same.stderr).toContain('0 replies were paid for in this run')
  expect(JSON.parse(same.stdout)).toMatchObject({ stories: 40, resumed: 40, paid: { requests: 0, cost: 0 } })
  const poor = await synthesize([
    '--out',
    'stories.jsonl',
    '--instruct',
    '--prices',
    '10,10',
    '--budget',
    '0.001',
    '--count',
    '50',
  ])
  expect(poor.stderr).toMatch(
    /^error: --budget: \$0\.\d+ have been spent on stories\.jsonl already, of \$0\.0010\. Give a higher one\.\n$/,
  )
  for (const { stdout, stderr } of [first, more, poor])
    expect(stdout + stderr + after).not.toContain('sk-planted')
})

test('Ctrl-C leaves whole lines, and the same command ends as if there had been none', async () => {
  const args = ['--count', '60', '--concurrency', '4', '--seed', '9']
  await synthesize([...args, '--out', 'whole.jsonl'])
  const delivered = server.counts().delivered
  // While the request is open the command cannot have ended.
  const first = requests
  const interrupted = await synthesize([...args, '--out', 'cut.jsonl'], child => {
    onRequest = count => count === first + 20 && child.kill('SIGINT')
  })
  onRequest = () => {}
  expect(interrupted.code).toBe(130)
  expect(await synthesize([...args, '--out', 'cut.jsonl'])).toMatchObject({ code: 0 })
  const strip = (text: string): string => text.replaceAll(/"cost":[^,]+,/g, '')
  expect(strip(await readFile(join(cwd, 'cut.jsonl'), 'utf8'))).toBe(
    strip(await readFile(join(cwd, 'whole.jsonl'), 'utf8')),
  )
  expect(server.counts().delivered - delivered).toBeLessThanOrEqual(60 + 4)
})

test('mistakes are one line', async () => {
  const out = ['--count', '2', '--out', 'x.jsonl']
  const bare = await runInProcess(
    ['data', 'synthesize', '--model', 'm', '--server', 'http://example.invalid/v1', ...out],
    { cwd },
  )
  expect(bare).toMatchObject({
    code: 1,
    stderr:
      'error: There is no key for the server. Set OPENAI_API_KEY, or name a file that holds it with --key-file.\n',
  })
  await writeFile(join(cwd, 'wrong'), 'sk-wrong-key-0123456789')
  const wrong = await runInProcess(
    ['data', 'synthesize', '--model', 'm', '--server', server.baseURL, '--key-file', 'wrong', ...out],
    { cwd },
  )
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toMatch(
    /^error: \S+ answered 401: Incorrect API key provided: \[key\]\. Check OPENAI_API_KEY or --key-file, .*\n$/,
  )
})
