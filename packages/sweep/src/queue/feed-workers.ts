import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { SweepError } from '../errors.ts'
import type { JobQueue } from './job-queue.ts'
import { serveQueue } from './pipe-queue.ts'

/** Options of {@link feedWorkers}. */
export interface FeedWorkersOptions {
  queue: JobQueue
  /** Processes at work at a time. */
  workers: number
  /** Starts one, with a pipe for messages; it uses `queueOverPipe(process)`. */
  spawn: () => ChildProcess
  /** Whether the sweep has ended, so that a worker that ends is not replaced. */
  isComplete: () => Promise<boolean>
  signal?: AbortSignal | undefined
}

/** Workers that were killed after which no new one is tried. */
const mostReplacements = 50

/**
 * Keeps worker processes at work on a queue that this process owns. One that is killed is replaced; one that ends by
 * itself with an error, such as a full disk, is not, and the others go on.
 *
 * @throws SweepError `workers-ended` when all have ended before the sweep has; the signal's reason
 */
export async function feedWorkers(options: FeedWorkersOptions): Promise<void> {
  const { workers, signal, isComplete } = options
  let replacements = 0
  let isStopping = false
  let last: { code: number | null; signal: NodeJS.Signals | null } = { code: 0, signal: null }
  const running = new Set<ChildProcess>()
  const stop = (): void => {
    isStopping = true
    for (const child of running) child.kill('SIGINT')
  }
  signal?.addEventListener('abort', stop, { once: true })
  const keepOne = async (): Promise<void> => {
    for (;;) {
      if (isStopping || signal?.aborted) return
      const child = options.spawn()
      running.add(child)
      const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
      await serveQueue(child, options.queue)
      const [code, killed] = await ended
      running.delete(child)
      last = { code, signal: killed }
      const isKilled = killed !== null || (code !== null && code > 128)
      if (!isKilled || ++replacements > mostReplacements || (await isComplete())) return
    }
  }
  const kept = Array.from({ length: workers }, keepOne)
  try {
    await Promise.all(kept)
  } catch (error) {
    // Such as a database that is lost: without a queue the others cannot go on.
    stop()
    await Promise.allSettled(kept)
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  signal?.throwIfAborted()
  if (!(await isComplete())) throw new SweepError('workers-ended', last)
}
