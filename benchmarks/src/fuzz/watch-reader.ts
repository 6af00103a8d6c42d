import { Worker } from 'node:worker_threads'
import { type Finding, type FuzzOptions, findingOf } from './fuzz-reader.ts'

/** What the thread is given. */
export interface WorkerTask extends Omit<FuzzOptions, 'onInput'> {
  /** Of the reader. */
  name: string
}

/** Where the input begins in what is shared with the thread: before it stand its number and its length. */
export const CURRENT_BYTES = 8
const MAX_INPUT = 2 ** 22
/** In place of the number of an input. */
const NOT_BEGUN = -(2 ** 31)

/** Milliseconds of computing on one input after which its reader counts as one that never ends. */
const MAX_COMPUTING = 5000
/** Milliseconds on one input after which its reader counts as waiting for what never comes. */
const MAX_WAITING = 300_000

/** A thread for many readers in turn, since starting one takes as long as reading ten thousand inputs. */
interface Thread {
  worker: Worker
  /** Two numbers, those of the input and of its bytes, then the bytes. */
  current: SharedArrayBuffer
}
let idle: Thread | undefined

function startThread(): Thread {
  const current = new SharedArrayBuffer(CURRENT_BYTES + MAX_INPUT)
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: current,
    // Most of what a reader allocates is garbage a moment later.
    resourceLimits: { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 96 },
  })
  return { worker, current }
}

/** As `fuzzReader`, in a thread that is ended where an input keeps it for too long, or takes all memory. */
export async function watchReader(name: string, options: Omit<FuzzOptions, 'onInput'>): Promise<Finding[]> {
  const findings: Finding[] = []
  for (let first = options.first; ; ) {
    const outcome = await runTask({ ...options, ...(first !== undefined && { first }), name })
    findings.push(...outcome.findings)
    if (outcome.stoppedAt === undefined) return findings
    first = outcome.stoppedAt + 1
  }
}

interface Outcome {
  findings: Finding[]
  /** Number of the input that ended the thread. */
  stoppedAt?: number
}

function runTask(task: WorkerTask): Promise<Outcome> {
  const thread = idle ?? startThread()
  idle = undefined
  const { worker, current } = thread
  const numbers = new Int32Array(current, 0, 2)
  numbers[0] = NOT_BEGUN
  worker.postMessage(task)
  return new Promise((resolve, reject) => {
    let seen = NOT_BEGUN
    let [cpu, time] = [process.cpuUsage(), performance.now()]
    const stop = (): void => {
      clearInterval(timer)
      worker.off('message', succeed).off('error', onError).off('exit', onExit)
    }
    const succeed = (findings: Finding[]): void => {
      stop()
      idle = thread
      resolve({ findings })
    }
    const onError = (error: Error): void => fail(error.stack ?? error.message)
    const onExit = (): void => fail('it waits for what never comes')
    const fail = (problem: string): void => {
      stop()
      void worker.terminate()
      const number = Atomics.load(numbers, 0)
      // Before the first input it is not an input that is wrong.
      if (number === NOT_BEGUN) {
        reject(new Error(problem))
        return
      }
      const input = new Uint8Array(current, CURRENT_BYTES, Atomics.load(numbers, 1)).slice()
      resolve({ findings: [findingOf(input, problem)], stoppedAt: number })
    }
    const timer = setInterval(() => {
      const number = Atomics.load(numbers, 0)
      if (number !== seen) {
        seen = number
        ;[cpu, time] = [process.cpuUsage(), performance.now()]
        return
      }
      const { user, system } = process.cpuUsage(cpu)
      if (number === NOT_BEGUN) return
      if ((user + system) / 1000 > MAX_COMPUTING) fail('it does not end')
      else if (performance.now() - time > MAX_WAITING) fail('it waits without end')
    }, 500)
    worker.on('message', succeed).on('error', onError).on('exit', onExit)
  })
}
