import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openStories } from '@tinystories/dataset'
import { trainTokenizer } from '@tinystories/tokenizer'
import { type BenchmarkResult, machine } from '../harness.ts'

export const name = 'resume'
export const description =
  'a run killed 50 times (kill -9) at random points ends in the bits of one that was not; KILLS changes the number'

const script = fileURLToPath(new URL('../peers/resume-run.ts', import.meta.url))
const stepsPerKill = 8

interface Life {
  from: number
  last: number
  /** Of a run that came to its end. */
  hash: string | undefined
}

/** Reports each life on stderr: where it began, how it was killed and where it had come to. */
export async function run(): Promise<BenchmarkResult> {
  const kills = Number(process.env.KILLS ?? 50)
  const steps = kills * stepsPerKill
  const folder = await mkdtemp(join(tmpdir(), 'tinystories-resume-'))
  try {
    await mkdir(join(folder, 'killed'))
    const tokenizer = await trainTokenizer(texts(), { vocabSize: 512 })
    await tokenizer.save(join(folder, 'tokenizer.json'))
    const whole = await live(join(folder, 'whole'), steps)
    let made = 0
    let life: Life = { from: 0, last: 0, hash: undefined }
    for (let kill = 1; kill <= kills; kill++) {
      // Most lives end some steps and milliseconds on; every fifth at any moment, its beginning included.
      const early = kill % 5 === 0
      const when = early
        ? { milliseconds: Math.random() * 1500 }
        : { steps: 1 + Math.floor(Math.random() * stepsPerKill), milliseconds: Math.random() * 30 }
      life = await live(join(folder, 'killed'), steps, when)
      made += Math.max(0, life.last - life.from)
      const how = `${'steps' in when ? `${when.steps} steps and ` : ''}${when.milliseconds.toFixed(0)} ms`
      console.error(
        `kill ${String(kill).padStart(2)}: after ${how}; it went on from step ${life.from} and came to step ${life.last}`,
      )
      if (life.hash) break
    }
    if (!life.hash) {
      life = await live(join(folder, 'killed'), steps)
      made += life.last - life.from
    }
    console.error(`never killed: ${steps} steps, sha256 ${whole.hash}`)
    console.error(`killed:       ${made} steps made in all, sha256 ${life.hash}`)
    const equal = whole.hash !== undefined && life.hash === whole.hash
    const sameMetrics =
      (await losses(join(folder, 'killed'))).join() === (await losses(join(folder, 'whole'))).join()
    const rows = [
      { metric: 'parameters and moments the same bits (1: yes)', ours: equal ? 1 : 0 },
      { metric: 'metrics the same losses (1: yes)', ours: sameMetrics ? 1 : 0 },
    ].map(row => ({
      case: `${steps} steps, killed ${kills} times`,
      peer: 'never killed',
      peerValue: 1,
      ratio: row.ours,
      ...row,
    }))
    return {
      name,
      machine: machine(),
      rows: [
        ...rows,
        {
          case: `${steps} steps, killed ${kills} times`,
          metric: 'steps made in all',
          ours: made,
          peer: 'never killed',
          peerValue: steps,
          ratio: steps / made,
        },
      ],
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** One process: until it ends, or is killed so many steps after its first and milliseconds after that. */
async function live(
  folder: string,
  steps: number,
  kill?: { steps?: number; milliseconds: number },
): Promise<Life> {
  const child = spawn(process.execPath, ['--conditions=@tinystories/source', script, folder, String(steps)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const killSoon = (): void => {
    setTimeout(() => child.kill('SIGKILL'), kill?.milliseconds)
  }
  const life: Life = { from: 0, last: 0, hash: undefined }
  if (kill && kill.steps === undefined) killSoon()
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, value] = line.split(' ') as [string, string]
    if (word === 'from') {
      life.from = Number(value)
      life.last = life.from
    }
    if (word === 'end') life.hash = value
    if (word === 'step') {
      life.last = Number(value)
      if (kill?.steps !== undefined && life.last === life.from + kill.steps) killSoon()
    }
  }
  return life
}

async function losses(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { step: number; loss: number })
    .map(({ step, loss }) => `${step}:${loss}`)
}

async function* texts(): AsyncGenerator<string> {
  for await (const { text } of openStories('sample')) yield text
}
