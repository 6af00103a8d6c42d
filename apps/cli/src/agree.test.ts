import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChatServer, startChatServer } from '@tinystories/llm/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runInProcess } from './testing/cli.ts'

let folder: string
let server: ChatServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-agree-'))
  server = await startChatServer({
    models: ['mild', 'strict'],
    respond({ model, messages }) {
      if (messages.length === 2) return 'The sentence is finished.'
      const number = Number(/number (\d+)/.exec(messages[1]!.content)![1])
      const score = Math.min(10, number + (model === 'mild' ? 2 : 0))
      return `Grammar: ${score}/10, Creativity: ${score}/10, Consistency: 6/10, Plot: ${score}/10, Age group: C`
    },
  })
  const items = Array.from({ length: 8 }, (_, i) => ({
    prompt: `Story ${i >> 1} begins and`,
    completion: ` ends, number ${i}.`,
  }))
  await writeFile(join(folder, 'items.jsonl'), items.map(each => JSON.stringify(each)).join('\n'))
  const rows = items.map(
    ({ prompt, completion }, i) => `${90 + i},${prompt},"${completion.trim()}",${i === 3 ? 11 : i},${i}`,
  )
  await writeFile(join(folder, 'ann.csv'), ['id,prompt,completion,grammar,plot_sense', ...rows].join('\r\n'))
  await writeFile(join(folder, 'foreign.csv'), 'a,b\n1,2\n')
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const cli = (...args: string[]): ReturnType<typeof runInProcess> => runInProcess(args, { cwd: folder })
const at = (): string[] => [
  '--server',
  server.baseURL,
  '--cache',
  'cache',
  '--timeout',
  '30',
  '--judge-max-tokens',
  '300',
]

test('several judges in one run: their median, each on its own, and how they and a person agree', async () => {
  const graded = await cli(
    'grade',
    'items.jsonl',
    '--judge',
    'mild',
    '--judge',
    'strict',
    '--combine',
    'median',
    ...at(),
    '--out',
    'both',
  )
  expect(graded.stderr).toBe('')
  expect(graded.stdout).toMatch(/Grammar +4\.\d+ of 10/)
  expect(await readdir(join(folder, 'both'))).toEqual(
    expect.arrayContaining(['agreement.md', 'gradings-1.json', 'gradings-2.json', 'gradings.json']),
  )
  expect(JSON.parse(await readFile(join(folder, 'both/gradings.json'), 'utf8')).judge).toBe(
    'median of mild, strict',
  )
  expect(await readFile(join(folder, 'both/agreement.md'), 'utf8')).toContain(
    '| mild | strict | Grammar | 8 |',
  )

  const agreed = await cli('agree', 'both/gradings-2.json', 'ann.csv', '--field', 'plot=plot_sense')
  expect(agreed.stderr).toBe('ann.csv, line 5: left out (a score is not on the scale)\n')
  expect(agreed.stdout).toContain('| strict | ann | Grammar | 7 | 100 % |')
  expect(agreed.stdout).toContain('| strict | ann | Plot | 7 | 100 % |')
  const json = await cli('agree', 'both/gradings-1.json', 'both/gradings-2.json', '--json')
  expect(JSON.parse(json.stdout).pairs[0]).toMatchObject({
    a: 'mild',
    b: 'strict',
    criterion: 'grammar',
    bias: 2,
    items: 8,
  })
})

test('report and compare take files of grades', async () => {
  const report = await cli('report', 'ann.csv', '--field', 'plot=plot_sense', '--format', 'md', '--out', '-')
  expect(report.stdout).toContain('Grammar (of 10)')
  const both = await cli('compare', 'ann.csv', 'ann.csv', '--field', 'plot=plot_sense')
  expect(both.stdout).toContain('| Plot | 0.00 ')
  for (const [args, message] of [
    [['report', 'foreign.csv'], /foreign\.csv has no scores: its fields are a, b\. .*--field plot=FIELD/],
    [['report', 'ann.csv', '--field', 'plot=sense'], /ann\.csv has no field sense/],
    [['agree', 'ann.csv', '--field', 'plot=plot_sense'], /No completion was graded twice/],
    [['report', 'ann.csv', '--field', 'plot'], /plot=plot_sense/],
  ] as const) {
    const { code, stderr } = await cli(...args)
    expect(stderr).toMatch(message)
    expect(code).toBe(1)
  }
})

test('an estimate needs no server, and is never mixed with scores of a judge', async () => {
  const estimated = await cli('grade', 'items.jsonl', '--judge', 'offline', '--out', 'offline')
  expect(estimated.stderr).toBe('')
  expect(estimated.code).toBe(0)
  expect(await readFile(join(folder, 'offline/report.md'), 'utf8')).toContain(
    'These are estimates, not judgments',
  )
  const { stderr } = await cli('report', 'offline', 'ann.csv')
  expect(stderr).toMatch(/estimates.*apart/)
})
