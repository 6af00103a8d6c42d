import { Worker } from 'node:worker_threads'
import { type Finding, type FuzzOptions, findingOf } from './fuzz-reader.ts'

/** What the thread is given. */
export interface WorkerTask extends Omit<FuzzOptions, 'onInput'> {
  /** Of the reader. */
  name: string
  /** Two numbers, those of the input and of its bytes, then the bytes. */
  current: SharedArrayBuffer
}

/** Where the input begins in {@link WorkerTask.current}. */
export const CURRENT_BYTES = 8
const MAX_INPUT = 2 ** 22
/** In place of the number of an input. */
const NOT_BEGUN = -(2 ** 31)

/** Milliseconds of computing on one input after which its reader counts as one that never ends. */
const MAX_COMPUTING = 5000
/** Milliseconds on one input after which its reader counts as waiting for what never comes. */
const MAX_WAITING = 300_000

/** As `fuzzReader`, in a thread that is ended where an input keeps it for too long, or takes all memory. */
export async function watchReader(
  name: string,
  options: Omit<FuzzOptions, 'onInput'>,
  onProgress: (number: number) => void = () => {},
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (let first = options.first; ; ) {
    const outcome = await runWorker({ ...options, ...(first !== undefined && { first }), name }, onProgress)
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

function runWorker(
  task: Omit<WorkerTask, 'current'>,
  onProgress: (number: number) => void,
): Promise<Outcome> {
  const current = new SharedArrayBuffer(CURRENT_BYTES + MAX_INPUT)
  const numbers = new Int32Array(current, 0, 2)
  numbers[0] = NOT_BEGUN
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { ...task, current } satisfies WorkerTask,
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  })
  return new Promise((resolve, reject) => {
    let seen = NOT_BEGUN
    let [cpu, time] = [process.cpuUsage(), performance.now()]
    const end = (outcome: Outcome): void => {
      clearInterval(timer)
      void worker.terminate()
      resolve(outcome)
    }
    const fail = (problem: string): void => {
      const number = Atomics.load(numbers, 0)
      // Before the first input it is not an input that is wrong.
      if (number === NOT_BEGUN) {
        clearInterval(timer)
        reject(new Error(problem))
        return
      }
      const input = new Uint8Array(current, CURRENT_BYTES, Atomics.load(numbers, 1)).slice()
      end({ findings: [findingOf(input, problem)], stoppedAt: number })
    }
    const timer = setInterval(() => {
      const number = Atomics.load(numbers, 0)
      if (number !== seen) {
        seen = number
        ;[cpu, time] = [process.cpuUsage(), performance.now()]
        onProgress(number)
        return
      }
      const { user, system } = process.cpuUsage(cpu)
      if (number === NOT_BEGUN) return
      if ((user + system) / 1000 > MAX_COMPUTING) fail('it does not end')
      else if (performance.now() - time > MAX_WAITING) fail('it waits without end')
    }, 500)
    worker.on('message', (findings: Finding[]) => end({ findings }))
    worker.on('error', error => fail(error.stack ?? error.message))
    worker.on('exit', () => fail('it waits for what never comes'))
  })
}
