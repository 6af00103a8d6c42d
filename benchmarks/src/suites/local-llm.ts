import { type ChildProcess, spawn } from 'node:child_process'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseGradings, storyPrompts } from '@tinystories/grader'
import { Random } from '@tinystories/utils/random'
import { type BenchmarkResult, type BenchmarkRow, machine } from '../harness.ts'
import { type LocalLlm, loadLocalLlm, modelName } from '../local-llm/local-llm.ts'
import { serveLocalLlm } from '../local-llm/serve.ts'

export const name = 'local-llm'
export const description =
  'a real language model (SmolLM2-135M, LOCAL_LLM=FOLDER) writes stories and judges completions through the command line (COMPLETIONS=4 REPLIES=10)'

const main = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))
const rubrics = ['story', 'story-structured'] as const

/**
 * The model is a poor writer and a poor judge: what it replies is the test. Everything is kept in KEEP (default: a
 * temporary folder): stories, gradings, and `exchanges.jsonl` with each request and reply as the server saw it.
 */
export async function run(): Promise<BenchmarkResult> {
  const model = await loadLocalLlm()
  if (!model) return { name, machine: machine(), rows: [] }
  const folder = process.env.KEEP ?? join(tmpdir(), `tinystories-local-llm-${process.pid}`)
  await mkdir(folder, { recursive: true })
  let served = 0
  let onReply = (): void => {}
  const server = await serveLocalLlm(model, async exchange => {
    await appendFile(join(folder, 'exchanges.jsonl'), `${JSON.stringify(exchange)}\n`)
    served++
    onReply()
  })
  const cli: Cli = { folder, flags: ['--model', modelName, '--server', server.baseURL] }
  try {
    await writeCompletions(folder, model)
    const rows = await gradeCompletions(cli)
    const before = served
    const most = Number(process.env.REPLIES ?? 10)
    const stories = await writeStories(cli, child => {
      onReply = () => served - before >= most && child.kill('SIGINT')
    })
    rows.push(row('data synthesize: replies', served - before), row('data synthesize: stories kept', stories))
    console.log(`Everything is in ${folder}.`)
    return { name, machine: machine(), rows }
  } finally {
    await server.close()
    await model.dispose()
  }
}

/** Continues prompts; each continuation also with its words in another order. */
async function writeCompletions(folder: string, model: LocalLlm): Promise<void> {
  const random = new Random(1)
  const lines: string[] = []
  for (const { text: prompt } of storyPrompts.slice(0, Number(process.env.COMPLETIONS ?? 4))) {
    const content = `Carry on with this story for a small child, from the very word where it stops:\n\n${prompt}`
    const messages = [{ role: 'user', content }]
    const { text } = await model.complete({ messages, temperature: 0.7, seed: 1, maxTokens: 80 })
    const mixed = text
      .split(' ')
      .map(word => ({ word, order: random.uniform() }))
      .sort((a, b) => a.order - b.order)
      .map(({ word }) => word)
      .join(' ')
    for (const completion of [text, mixed]) lines.push(`${JSON.stringify({ prompt, completion })}\n`)
  }
  await writeFile(join(folder, 'completions.jsonl'), lines.join(''))
}

interface Cli {
  folder: string
  flags: readonly string[]
}

/** How many scores of each rubric were read, and why the others were not. */
async function gradeCompletions(cli: Cli): Promise<BenchmarkRow[]> {
  const rows: BenchmarkRow[] = []
  for (const rubric of rubrics) {
    const out = `grades-${rubric}`
    const flags = ['--rubric', rubric, '--judge-temperature', '0.7', '--judge-max-tokens', '250']
    const more = ['--concurrency', '1', '--timeout', '600', '--cache', 'replies', '--out', out]
    await tinystories(cli, ['grade', 'completions.jsonl', ...flags, ...more])
    const file = join(cli.folder, out, 'gradings.json')
    const { gradings, rubric: asked } = parseGradings(await readFile(file, 'utf8'), file)
    const counts = new Map<string, number>([['read', 0]])
    for (const { judgment } of gradings)
      for (const { name: criterion } of asked.criteria) {
        const reason = judgment ? judgment.problems[criterion]?.reason : 'the judge failed'
        const outcome = reason === undefined ? 'read' : `not read, ${reason}`
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      }
    rows.push(
      row(`${rubric}: scores asked for`, gradings.length * asked.criteria.length),
      ...[...counts].map(([outcome, count]) => row(`${rubric}: ${outcome}`, count)),
    )
  }
  return rows
}

/** @returns the stories that were kept until the run was stopped */
async function writeStories(cli: Cli, onStart: (child: ChildProcess) => void): Promise<number> {
  const flags = ['--temperature', '0.7', '--max-tokens', '300', '--concurrency', '1', '--timeout', '600']
  await tinystories(
    cli,
    ['data', 'synthesize', '--count', '100', '--out', 'stories.jsonl', ...flags],
    onStart,
  )
  const text = await readFile(join(cli.folder, 'stories.jsonl'), 'utf8')
  return text.split('\n').filter(line => line !== '').length
}

/** Runs the command line. A grading that reads nothing ends with 1, which is a result here. */
async function tinystories(
  { folder, flags }: Cli,
  args: readonly string[],
  onStart?: (child: ChildProcess) => void,
): Promise<void> {
  console.log(`$ tinystories ${args.join(' ')}`)
  const all = ['--conditions=@tinystories/source', main, ...args, ...flags]
  const child = spawn(process.execPath, all, { cwd: folder, stdio: ['ignore', 'inherit', 'pipe'] })
  onStart?.(child)
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  const code = await new Promise<number | null>(done => child.on('close', done))
  if (errors !== '') console.log(errors)
  if (code === null || errors.includes('error:')) throw new Error(`tinystories ${args[0]} ended with ${code}`)
}

function row(what: string, count: number): BenchmarkRow {
  return { case: what, metric: 'count', ours: count, peer: 'none', peerValue: null, ratio: null }
}
