import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startChatServer } from '@tinystories/llm/testing'
import { gptConfig } from '@tinystories/model'
import { defaultRecipe } from '@tinystories/pipeline'
import { playJudge } from '../../../packages/grader/src/testing/play-judge.ts'
import { type BenchmarkResult, type BenchmarkRow, machine } from '../harness.ts'

export const name = 'scale'
export const description =
  'time and highest memory of 20,000 gradings, a page of 500 runs and 2 GB inspected, against a tenth of each'

const main = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))
const peak = fileURLToPath(new URL('../peers/report-peak.ts', import.meta.url))

interface Measured {
  seconds: number
  bytes: number
}

/** Runs the command in a process of its own. */
async function command(args: string[], folder: string): Promise<Measured> {
  const report = join(folder, 'peak.json')
  // Under npm a path is that of the place where npm was called.
  const { INIT_CWD: _, npm_package_name: __, ...env } = process.env
  const begin = performance.now()
  await promisify(execFile)(process.execPath, [...process.execArgv, '--import', peak, main, ...args], {
    ...{ cwd: folder, maxBuffer: 2 ** 28 },
    env: { ...env, TINYSTORIES_PEAK: report, OPENAI_API_KEY: 'sk-local' },
  })
  const seconds = (performance.now() - begin) / 1000
  return { seconds, bytes: JSON.parse(await readFile(report, 'utf8')).bytes }
}

const story = (i: number): string =>
  `Mia had ${i} balls, red and blue. She gave ${i % 97} of them to Tom, and ${i % 89} to Ben. They were happy.`

/** A file of stories of so many bytes, all different. */
async function storiesFile(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w')
  for (let written = 0, i = 0; written < bytes; ) {
    const text = Array.from({ length: 10_000 }, () => `${story(i++)}\n<|endoftext|>\n`).join('')
    await file.writeFile(text)
    written += text.length
  }
  await file.close()
}

async function inspect(folder: string, bytes: number): Promise<Measured> {
  const path = join(folder, 'stories.txt')
  await storiesFile(path, bytes)
  const measured = await command(['data', 'inspect', path, '--json'], folder)
  await rm(path)
  return measured
}

async function gradings(folder: string, count: number): Promise<Measured> {
  const server = await startChatServer({ respond: ({ messages }) => playJudge(messages), models: ['judge'] })
  try {
    const lines = Array.from({ length: count }, (_, i) =>
      JSON.stringify({
        promptId: `p${i % 50}`,
        prompt: 'Mia',
        trial: Math.floor(i / 50),
        completion: story(i),
      }),
    )
    await writeFile(join(folder, 'completions.jsonl'), lines.join('\n'))
    const judge = [
      '--judge',
      'judge',
      '--server',
      server.baseURL,
      '--concurrency',
      '16',
      '--cache',
      'replies',
    ]
    return await command(['grade', 'completions.jsonl', ...judge, '--out', 'grades'], folder)
  } finally {
    await server.close()
  }
}

async function runsPage(folder: string, count: number): Promise<Measured> {
  const first = join(folder, 'runs/000')
  await mkdir(first, { recursive: true })
  const settings = {
    ...{ version: 1, data: 'a.txt', valid: null, separator: null, heldOut: 0.1, preset: 'sample' },
    ...{ ...defaultRecipe, model: gptConfig('sample', { vocabSize: 1000 }) },
    ...{ limits: { steps: 2000 }, engine: 'auto', evaluateEvery: 100, checkpointEvery: 100, prompt: 'Once' },
  }
  await writeFile(join(first, 'config.json'), JSON.stringify(settings))
  const steps = Array.from({ length: 2000 }, (_, i) => ({
    ...{ type: 'step', step: i + 1, tokens: i * 2048, seconds: i / 4, loss: 9 / Math.sqrt(i + 1) },
    ...{ bitsPerByte: 4 / Math.sqrt(i + 1), learningRate: 0.003, gradientNorm: 1, tokensPerSecond: 8000 },
  }))
  const samples = Array.from({ length: 20 }, (_, i) => ({
    ...{ type: 'sample', step: i * 100, seconds: i, text: story(i).repeat(3) },
  }))
  const text = [...steps, ...samples].map(line => `${JSON.stringify(line)}\n`).join('')
  await writeFile(join(first, 'metrics.jsonl'), text)
  for (let i = 1; i < count; i++)
    await cp(first, join(folder, `runs/${String(i).padStart(3, '0')}`), { recursive: true })
  return command(['runs', 'runs', '--out', 'runs.html'], folder)
}

/** Each of them, and a tenth of it. Memory that is flat has a ratio of one; that of what is kept is larger. */
export async function run(): Promise<BenchmarkResult> {
  const rows: BenchmarkRow[] = []
  for (const [what, work, size] of [
    ['20,000 gradings against a local server', gradings, 20_000],
    ['500 runs of 2,000 steps on a page', runsPage, 500],
    ['2 GB inspected', inspect, 2e9],
  ] as const) {
    const measure = async (size: number): Promise<Measured> => {
      const folder = await mkdtemp(join(tmpdir(), 'scale-'))
      try {
        return await work(folder, size)
      } finally {
        await rm(folder, { recursive: true })
      }
    }
    const tenth = await measure(size / 10)
    const whole = await measure(size)
    const row = (metric: string, ours: number, peerValue: number, ratio: number): BenchmarkRow => ({
      ...{ case: what, metric, ours, peer: 'a tenth of it', peerValue, ratio: Number(ratio.toFixed(2)) },
    })
    const rounded = (value: number): number => Number(value.toFixed(1))
    const [a, b] = [whole, tenth]
    rows.push(
      row('seconds', rounded(a.seconds), rounded(b.seconds), (10 * b.seconds) / a.seconds),
      row('highest resident bytes', a.bytes, b.bytes, b.bytes / a.bytes),
    )
    console.log(what, whole, tenth)
  }
  return { name, machine: machine(), rows }
}
