import { sleep } from '@tinystories/utils/retry'
import { SweepError } from '../errors.ts'
import type { Sweep } from '../open-sweep.ts'
import { sweepStatus } from '../run-sweep.ts'
import { checkSoftware } from '../saved-sweep.ts'
import type { Needs } from '../spec/sweep-spec.ts'
import { needsOf } from '../tasks/needs-of.ts'
import type { Task } from '../tasks/plan-tasks.ts'
import { summarize, type TasksSummary } from '../tasks/run-tasks.ts'
import { TaskRunner, type TaskRunnerOptions, workerName } from '../tasks/task-runner.ts'
import { fits, type Job, type JobQueue } from './job-queue.ts'

/** Options of {@link workSweep}. */
export interface WorkSweepOptions extends Omit<TaskRunnerOptions, 'store'> {
  queue: JobQueue
  /** What this worker has: it takes the jobs that fit. */
  capacity: Needs
  /** Milliseconds between two looks for work. Default 1,000. */
  pollInterval?: number | undefined
  /** How long a database may be away before the worker gives up, in milliseconds. Default one minute. */
  patience?: number | undefined
}

/** Milliseconds between two signs of life. */
const touchEvery = 3000
/** How often a task's process may end before the task counts as failed. */
const mostAttempts = 20

/**
 * Works on a sweep with other workers until nothing is left: takes tasks from a queue, and fills it with those that
 * are ready. All that counts is in the sweep's folder; a queue that was lost is filled again.
 *
 * @throws SweepError `other-software`, `queue-lost`; FileError `disk-full`; the signal's reason
 */
export async function workSweep(
  sweep: Sweep,
  { queue: given, capacity, pollInterval = 1000, patience = 60_000, ...options }: WorkSweepOptions,
): Promise<TasksSummary> {
  const { signal, onEvent } = options
  const runner = new TaskRunner({ ...options, store: sweep.store })
  const tasks = new Map(sweep.tasks.map(task => [task.id, task]))
  const queue = patiently(given, { patience, signal, onEvent })
  let isWaiting = false
  for (;;) {
    signal?.throwIfAborted()
    await checkSoftware(sweep, workerName())
    const job = await queue.take(capacity)
    if (job !== undefined) {
      isWaiting = false
      await work(job)
      continue
    }
    const states = await sweepStatus(sweep)
    const ready = states.filter(({ state }) => state === 'ready')
    if (states.every(({ state }) => state === 'done' || state === 'failed' || state === 'blocked'))
      return summarize(states.map(({ state }) => state))
    const added = await fill(
      queue,
      sweep,
      ready.map(({ task }) => task),
    )
    if (added) continue
    if (!isWaiting) onEvent?.({ type: 'waiting' })
    isWaiting = true
    await sleep(pollInterval, signal)
  }

  async function work(job: Job): Promise<void> {
    const task = tasks.get(job.task)
    // Of cells that the sweep does not have any more.
    if (task === undefined) return queue.finish(job)
    if (job.attempt >= mostAttempts) {
      await using _ = await sweep.store.claim(task, { abandoned: true })
      await sweep.store.fail(task, new SweepError('too-many-attempts', { attempts: job.attempt }))
      return queue.finish(job)
    }
    const lost = new AbortController()
    const touching = setInterval(() => {
      const check = async (): Promise<void> => {
        // While the database is away, nobody else can get the job either.
        const isMine = await given.touch(job).catch(() => true)
        if (!isMine) lost.abort(new SweepError('job-lost', { worker: workerName() }))
      }
      void check()
    }, touchEvery)
    try {
      const attempt = { abandoned: job.attempt > 0, stop: lost.signal }
      let outcome = await runner.attempt(task, attempt)
      // A process that knows nothing of the queue is at it.
      while (outcome === 'elsewhere') {
        await sleep(pollInterval, signal)
        outcome = await runner.attempt(task, attempt)
      }
      // First what comes next, so that a kill in between leaves nothing behind.
      if (outcome === 'done') await fill(queue, sweep, await readyAfter(sweep, task))
      await queue.finish(job)
    } catch (error) {
      // Another worker has it: its result is as good as ours.
      if (lost.signal.aborted && error === lost.signal.reason) return
      await given.giveBack(job).catch(() => {})
      throw error
    } finally {
      clearInterval(touching)
    }
  }
}

/** Adds the tasks that nobody has done yet. @returns whether there were any that are new to the queue */
async function fill(queue: JobQueue, { tasks }: Sweep, ready: readonly Task[]): Promise<boolean> {
  if (ready.length === 0) return false
  const order = new Map(tasks.map(({ id }, at) => [id, at]))
  const requests = ready.map(task => ({
    ...{ task: task.id, needs: needsOf(task), priority: -order.get(task.id)! },
  }))
  return queue.add(requests)
}

/**
 * Refuses a sweep with tasks that no worker of this size can take.
 *
 * @throws SweepError `does-not-fit`
 */
export function checkFits({ tasks }: Sweep, capacity: Needs): void {
  const large = tasks.filter(task => !fits(needsOf(task), capacity))
  const [first] = large
  if (first === undefined) return
  const cells = [...new Set(large.flatMap(task => task.cells.map(({ name }) => name)))]
  throw new SweepError('does-not-fit', { cells, needs: needsOf(first), capacity })
}

/** Tasks that only waited for this one. */
async function readyAfter({ tasks, store }: Sweep, done: Task): Promise<Task[]> {
  const ready: Task[] = []
  for (const task of tasks) {
    const before = Object.values(task.after)
    if (!before.includes(done)) continue
    const results = await Promise.all([task, ...before].map(each => store.result(each)))
    if (results[0] === undefined && results.slice(1).every(result => result !== undefined)) ready.push(task)
  }
  return ready
}

/** A queue whose questions are asked again while its database is away. */
function patiently(
  queue: JobQueue,
  { patience, signal, onEvent }: Pick<WorkSweepOptions, 'patience' | 'signal' | 'onEvent'>,
): JobQueue {
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    let waited = 0
    for (let wait = 250; ; wait = Math.min(2 * wait, 5000)) {
      try {
        return await question()
      } catch (error) {
        if (waited >= (patience ?? 0) || !SweepError.isInstance(error) || error.code !== 'queue-lost')
          throw error
        onEvent?.({ type: 'queue-trouble', error })
        await sleep(wait, signal)
        waited += wait
      }
    }
  }
  return {
    add: jobs => ask(() => queue.add(jobs)),
    take: free => ask(() => queue.take(free)),
    touch: job => ask(() => queue.touch(job)),
    finish: job => ask(() => queue.finish(job)),
    giveBack: job => ask(() => queue.giveBack(job)),
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  }
}
