import { SweepError } from './errors.ts'
import type { Sweep } from './open-sweep.ts'
import type { Task } from './tasks/plan-tasks.ts'
import { type RunTasksOptions, runTasks, type TasksSummary } from './tasks/run-tasks.ts'
import type { TaskProgress, TaskState } from './tasks/task-store.ts'

/** Options of {@link runSweep}. */
export interface RunSweepOptions extends Omit<RunTasksOptions, 'store'> {
  /** Run only the cells of one shard, such as `{ shard: 3, of: 16 }` for the third of sixteen. */
  shard?: { shard: number; of: number } | undefined
}

/**
 * Runs what is not done of a sweep. Several processes, on machines that share the folder, may do so at the same time,
 * each with all cells or with a shard of its own.
 *
 * @throws SweepError `no-such-shard`; the signal's reason
 */
export function runSweep(
  { cells, tasks, store }: Sweep,
  { shard, ...options }: RunSweepOptions = {},
): Promise<TasksSummary> {
  if (shard === undefined) return runTasks(tasks, { ...options, store })
  if (shard.of < 1 || shard.shard < 1 || shard.shard > shard.of) throw new SweepError('no-such-shard', shard)
  const own = new Set(cells.filter((_, at) => at % shard.of === shard.shard - 1))
  return runTasks(
    tasks.filter(task => task.cells.some(cell => own.has(cell))),
    { ...options, store },
  )
}

/** Where one task stands. */
export interface TaskStatus {
  task: Task
  state: TaskState
  /** While it runs somewhere. */
  progress: TaskProgress | undefined
}

/** Where each task of a sweep stands. */
export async function sweepStatus({ tasks, store }: Sweep): Promise<TaskStatus[]> {
  const states = new Map<string, TaskState>()
  const all: TaskStatus[] = []
  for (const task of tasks) {
    const state = await stateOf(task)
    states.set(task.id, state)
    all.push({ task, state, progress: state === 'ready' ? await store.progress(task) : undefined })
  }
  return all

  async function stateOf(task: Task): Promise<TaskState> {
    if ((await store.result(task)) !== undefined) return 'done'
    if ((await store.failure(task)) !== undefined) return 'failed'
    const before = Object.values(task.after).map(({ id }) => states.get(id))
    if (before.some(state => state === 'failed' || state === 'blocked')) return 'blocked'
    return before.every(state => state === 'done') ? 'ready' : 'waiting'
  }
}

/** Lets every failed task be tried again by the next run. Returns how many there were. */
export async function retryFailures({ tasks, store }: Sweep): Promise<number> {
  let count = 0
  for (const task of tasks) {
    if ((await store.failure(task)) === undefined) continue
    await store.forgetFailure(task)
    count++
  }
  return count
}
