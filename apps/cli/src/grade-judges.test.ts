import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChatServer, startChatServer } from '@tinystories/llm/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runInProcess } from './testing/cli.ts'

const keys = { first: 'sk-planted-first-1a2b3c', second: 'sk-planted-second-4d5e6f' }
let folder: string
/** The same model name at both, with another opinion. */
let servers: { first: ChatServer; second: ChatServer }

function serve(apiKey: string, creativity: number): Promise<ChatServer> {
  return startChatServer({
    apiKey,
    models: ['judge'],
    respond: ({ messages }) =>
      messages.length === 2
        ? 'The sentence is finished.'
        : `Grammar: 8/10, Creativity: ${creativity}/10, Consistency: 6/10, Plot: 4/10, Age group: C`,
  })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-judges-'))
  servers = { first: await serve(keys.first, 7), second: await serve(keys.second, 2) }
  await writeFile(join(folder, 'key.txt'), keys.first)
  const lines = [1, 2, 3].map(i =>
    JSON.stringify({ prompt: `Story ${i} begins`, completion: ` and ends, ${i}.` }),
  )
  await writeFile(join(folder, 'texts.jsonl'), lines.join('\n'))
})
afterAll(async () => {
  await servers.first.close()
  await servers.second.close()
  await rm(folder, { recursive: true, force: true })
})

const grade = (args: string[]): ReturnType<typeof runInProcess> =>
  runInProcess(['grade', 'texts.jsonl', '--cache', 'cache', '--key-file', 'key.txt', ...args], {
    cwd: folder,
    env: { SECOND_KEY: keys.second },
  })
const hostOf = ({ baseURL }: ChatServer): string => new URL(baseURL).host
const both = (): string[] => [
  ...['--judge', 'judge', '--server', servers.first.baseURL],
  ...['--judge', `judge@${servers.second.baseURL}`, '--judge-key', `${hostOf(servers.second)}=SECOND_KEY`],
]

test('two servers judge in one run, each with its own key; the same command pays nothing again', async () => {
  const run = await grade([...both(), '--combine', 'median'])
  expect(run.stderr).toBe('')
  expect(run.code).toBe(0)
  expect(run.stdout).toContain('How the judges agree, and where they differ: texts-grades/agreement.md')
  const agreement = await readFile(join(folder, 'texts-grades/agreement.md'), 'utf8')
  const second = `judge@${hostOf(servers.second)}`
  expect(agreement).toContain(`| criterion | completions | judge | ${second} | mean | median |`)
  expect(agreement).toContain('| Creativity | 3 | 7.00 | 2.00 | 4.50 | 4.50 |')
  expect(agreement).toContain('## Where they differ most')
  for (const file of ['gradings.json', 'journal.jsonl', 'report.html', 'agreement.md']) {
    const text = await readFile(join(folder, 'texts-grades', file), 'utf8')
    for (const key of Object.values(keys)) expect(text).not.toContain(key)
  }
  const requests = Object.values(servers).map(server => server.counts().requests)
  expect(requests).toEqual([6, 6])
  expect((await grade(both())).code).toBe(0)
  expect(Object.values(servers).map(server => server.counts().requests)).toEqual(requests)
})

test('judges share one budget', async () => {
  // The first takes about $0.09, and leaves the second less than its six calls.
  const money = ['--prices', '20,20', '--budget', '0.09', '--cache', 'cache-2', '--concurrency', '1']
  const run = await grade([...both(), ...money, '--out', 'paid', '--judge-max-tokens', '100'])
  expect(run.code).toBe(1)
  expect(run.stderr).toMatch(/budget/)
  const paid = Object.values(servers).map(server => server.counts().requests)
  expect(paid[0]).toBe(12)
  expect(paid[1]).toBeLessThan(12)
})

test.each([
  [
    ['--judge', 'a@http://example.com/v1'],
    /no key for example\.com\. Name the variable.*--judge-key example\.com=VARIABLE/,
  ],
  [
    ['--judge', 'a@http://example.com/v1', '--judge-key', 'example.com=NOT_SET_HERE'],
    /the variable NOT_SET_HERE is not set/,
  ],
  [['--judge', 'a@http://me:sk-secret-9@example.com/v1'], /without user and password/],
  [['--judge', 'a', '--judge-key', 'example.com=sk-secret-9'], /write it as host=variable/],
  [['--judge', 'a', '--judge', 'offline'], /an estimate is no judge among others/],
])('%j is refused in one line, and no secret is repeated', async (args, message) => {
  const { code, stderr } = await grade([...args, '--out', 'refused'])
  expect(code).toBe(1)
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain('sk-secret-9')
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
