import { fork } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  feedWorkers,
  openBossQueue,
  runSweep,
  type Sweep,
  sweepStatus,
  workSweep,
  writeSavedSweep,
} from '@tinystories/sweep'
import { type BenchmarkResult, machine } from '../harness.ts'
import { trivialSweep } from '../peers/trivial-sweep.ts'

export const name = 'sweep-queue'
export const description =
  'overhead of a job through the embedded queue, memory over 1,000 jobs, and two workers of which one is killed ten times'

const cells = 1000
const kills = 10
const script = fileURLToPath(new URL('../peers/trivial-sweep.ts', import.meta.url))

/** Reports on stderr how each part went. */
export async function run(): Promise<BenchmarkResult> {
  const alone = await timed(sweep => measured(() => runSweep(sweep)))
  let early = 0
  let late = 0
  const queued = await timed(async sweep => {
    await using queue = await openBossQueue({ sweepId: sweep.id, folder: sweep.folder })
    let done = 0
    const capacity = { cores: 1, memory: 4, gpu: false }
    const onEvent = ({ type }: { type: string }): void => {
      if (type !== 'done') return
      done++
      if (done === cells / 5) early = process.memoryUsage().rss
      if (done === cells) late = process.memoryUsage().rss
    }
    // Awaited here, or the queue would be closed before.
    return await measured(() => workSweep(sweep, { queue, capacity, onEvent }))
  })
  const killed = await withKills()
  const scenario = `${cells} jobs that do nothing`
  const killing = `${killed.jobs} jobs, two workers, one killed ${killed.kills} times`
  return {
    name,
    machine: machine(),
    rows: [
      {
        ...{ case: scenario, metric: 'ms a job', ours: queued.wall / cells, peer: 'without a queue' },
        ...{ peerValue: alone.wall / cells, ratio: alone.wall / queued.wall },
      },
      {
        ...{ case: scenario, metric: 'ms of processor a job', ours: queued.processor / cells },
        ...{ peer: 'without a queue', peerValue: alone.processor / cells },
        ratio: alone.processor / queued.processor,
      },
      {
        ...{
          case: scenario,
          metric: 'MB in use at the end',
          ours: late / 1e6,
          peer: 'after a fifth of them',
        },
        ...{ peerValue: early / 1e6, ratio: early / late },
      },
      {
        ...{ case: killing, metric: 'ends of stages', ours: killed.ends, peer: 'never killed' },
        ...{ peerValue: killed.jobs, ratio: killed.jobs / killed.ends },
      },
      {
        ...{ case: killing, metric: 'results', ours: killed.results, peer: 'never killed' },
        ...{ peerValue: killed.jobs, ratio: killed.results / killed.jobs },
      },
    ],
  }
}

/** Milliseconds by the clock, and of this process's processor time, which a busy machine changes less. */
interface Cost {
  wall: number
  processor: number
}

async function measured(work: () => Promise<unknown>): Promise<Cost> {
  const began = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - began, processor: (user + system) / 1000 }
}

async function timed(work: (sweep: Sweep) => Promise<Cost>): Promise<Cost> {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-queue-'))
  try {
    const sweep = trivialSweep(folder, cells, 0)
    await save(sweep)
    return await work(sweep)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function withKills(): Promise<{ jobs: number; kills: number; ends: number; results: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'sweep-queue-'))
  const [jobs, milliseconds] = [60, 100]
  try {
    const sweep = trivialSweep(folder, jobs, milliseconds)
    await save(sweep)
    await using queue = await openBossQueue({ sweepId: sweep.id, folder })
    let made = 0
    const results = async (): Promise<number> =>
      (await sweepStatus(sweep)).filter(({ state }) => state === 'done').length
    await feedWorkers({
      ...{ queue, workers: 2 },
      spawn() {
        const child = fork(script, [folder, `${jobs}`, `${milliseconds}`])
        // At any moment of a job, of its beginning and of its end.
        child.once('message', () => {
          setTimeout(
            () => {
              if (made < kills && child.kill('SIGKILL')) made++
            },
            Math.random() * 4 * milliseconds,
          )
        })
        return child
      },
      isComplete: async () => (await results()) === jobs,
    })
    const ends = (await readFile(join(folder, 'ends.txt'), 'utf8')).trim().split('\n').length
    console.error(`killed ${made} times: ${ends} ends of ${jobs} stages, ${await results()} results`)
    return { jobs, kills: made, ends, results: await results() }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const save = ({ folder, id, software, spec }: Sweep): Promise<void> =>
  writeSavedSweep(folder, { id, software, spec, fingerprints: {}, filePrompts: [] })
