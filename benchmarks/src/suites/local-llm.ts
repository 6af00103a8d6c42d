import { execFile } from 'node:child_process'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseGradings } from '@tinystories/grader'
import { Random } from '@tinystories/utils/random'
import { type BenchmarkResult, type BenchmarkRow, machine } from '../harness.ts'
import { loadLocalLlm, modelName } from '../local-llm/local-llm.ts'
import { type LocalServer, serveLocalLlm } from '../local-llm/serve.ts'

export const name = 'local-llm'
export const description =
  'a real language model (SmolLM2-135M, LOCAL_LLM=FOLDER) writes stories and grades them through the command line (STORIES=8)'

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
  const server = await serveLocalLlm(model, exchange =>
    appendFile(join(folder, 'exchanges.jsonl'), `${JSON.stringify(exchange)}\n`),
  )
  try {
    const rows = [...(await writeStories(folder, server)), ...(await gradeStories(folder, server))]
    console.log(`Everything is in ${folder}.`)
    return { name, machine: machine(), rows }
  } finally {
    await server.close()
    await model.dispose()
  }
}

async function writeStories(folder: string, server: LocalServer): Promise<BenchmarkRow[]> {
  const stories = process.env.STORIES ?? '8'
  const said = await tinystories(
    folder,
    [
      'data',
      'synthesize',
      '--count',
      stories,
      '--out',
      'stories.jsonl',
      '--temperature',
      '0.5',
      '--max-tokens',
      '300',
    ],
    server,
  )
  const dropped = [...(/^Dropped: (.*)$/m.exec(said)?.[1] ?? '').matchAll(/(\d+) ([\w-]+)/g)]
  return [
    row('stories written', Number(stories)),
    ...dropped.map(([, count, reason]) => row(`replies dropped: ${reason}`, Number(count))),
  ]
}

/** Grades the second half of each story, and the same words in another order. */
async function gradeStories(folder: string, server: LocalServer): Promise<BenchmarkRow[]> {
  const lines = (await readFile(join(folder, 'stories.jsonl'), 'utf8')).trimEnd().split('\n')
  const random = new Random(1)
  const completions = lines.flatMap(line => {
    const { text } = JSON.parse(line) as { text: string }
    const words = text.split(' ')
    const half = Math.ceil(words.length / 2)
    const [prompt, rest] = [words.slice(0, half).join(' '), words.slice(half)]
    const mixed = rest.map(word => ({ word, order: random.uniform() })).sort((a, b) => a.order - b.order)
    return [rest, mixed.map(({ word }) => word)].map(each => ({ prompt, completion: ` ${each.join(' ')}` }))
  })
  await writeFile(
    join(folder, 'completions.jsonl'),
    completions.map(completion => `${JSON.stringify(completion)}\n`).join(''),
  )
  const rows: BenchmarkRow[] = []
  for (const rubric of rubrics) {
    const out = `grades-${rubric}`
    const flags = ['--rubric', rubric, '--regrades', '2', '--judge-temperature', '0.7', '--out', out]
    await tinystories(folder, ['grade', 'completions.jsonl', ...flags], server)
    const file = join(folder, out, 'gradings.json')
    const {
      gradings,
      rubric: { criteria },
    } = parseGradings(await readFile(file, 'utf8'), file)
    const counts = new Map<string, number>([['read', 0]])
    for (const { judgment } of gradings)
      for (const { name: criterion } of criteria) {
        const outcome = judgment?.problems[criterion]?.reason ?? (judgment ? 'read' : 'failed')
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      }
    rows.push(
      row(`${rubric}: scores asked for`, gradings.length * criteria.length),
      ...[...counts].map(([outcome, count]) =>
        row(`${rubric}: ${outcome === 'read' ? 'read' : `not read: ${outcome}`}`, count),
      ),
    )
  }
  return rows
}

/** Runs the command line against the server. The grading that reads nothing ends with 1, which is a result here. */
async function tinystories(folder: string, args: string[], { baseURL }: LocalServer): Promise<string> {
  const flags = ['--model', modelName, '--server', baseURL, '--concurrency', '1', '--timeout', '600']
  const cache = args[0] === 'grade' ? ['--cache', 'replies'] : []
  const all = ['--conditions=@tinystories/source', main, ...args, ...flags, ...cache]
  const { stdout, stderr, code } = await new Promise<{ stdout: string; stderr: string; code: number }>(done =>
    execFile(process.execPath, all, { cwd: folder, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      done({ stdout, stderr, code: error ? Number(error.code ?? 2) : 0 }),
    ),
  )
  console.log(`$ tinystories ${args.join(' ')}\n${stdout}${stderr}`)
  if (code > 1 || stderr.includes('error:')) throw new Error(`tinystories ${args[0]} ended with ${code}`)
  return stdout
}

function row(what: string, count: number): BenchmarkRow {
  return { case: what, metric: 'count', ours: count, peer: 'none', peerValue: null, ratio: null }
}
