import { sleep } from '@tinystories/utils/retry'
import type { Task } from './plan-tasks.ts'
import type { Json } from './stage.ts'
import type { TaskStore } from './task-store.ts'

/** What happens while tasks run. */
export type TaskEvent =
  | { type: 'start'; task: Task }
  | { type: 'progress'; task: Task; done: number; note: string | undefined }
  | { type: 'done'; task: Task; result: Json }
  | { type: 'failed'; task: Task; error: unknown }
  /** Everything that is left is being done by other processes. */
  | { type: 'waiting' }

/** Options of {@link runTasks}. */
export interface RunTasksOptions {
  store: TaskStore
  signal?: AbortSignal | undefined
  onEvent?: ((event: TaskEvent) => void) | undefined
  /** Milliseconds between two looks at what other processes have done. Default 1,000. */
  pollInterval?: number | undefined
}

/** How a sweep ended. */
export interface TasksSummary {
  done: number
  failed: number
  /** Tasks after one that failed. */
  blocked: number
}

/**
 * Runs the tasks that are not done, each after those before it. Other processes may run the same tasks in the same
 * store: each task is done by one of them. A task that fails does not stop those that do not need it.
 *
 * @throws the signal's reason when it is aborted; the task at work then resumes the next time
 */
export async function runTasks(
  tasks: readonly Task[],
  { store, signal, onEvent = () => {}, pollInterval = 1000 }: RunTasksOptions,
): Promise<TasksSummary> {
  const results = new Map<string, Json>()
  const failed = new Set<string>()
  const blocked = new Set<string>()
  const left = new Set(tasks)
  let isWaiting = false
  while (left.size > 0) {
    let moved = false
    for (const task of left) {
      signal?.throwIfAborted()
      const before = Object.values(task.after)
      if (before.some(({ id }) => failed.has(id) || blocked.has(id))) {
        blocked.add(task.id)
        left.delete(task)
        moved = true
        continue
      }
      if (before.some(({ id }) => !results.has(id))) continue
      const outcome = await attempt(task)
      if (outcome === 'elsewhere') continue
      left.delete(task)
      moved = true
      isWaiting = false
    }
    if (moved || left.size === 0) continue
    if (!isWaiting) onEvent({ type: 'waiting' })
    isWaiting = true
    await sleep(pollInterval, signal)
  }
  return { done: results.size, failed: failed.size, blocked: blocked.size }

  async function attempt(task: Task): Promise<'ended' | 'elsewhere'> {
    const known = await store.result(task)
    if (known !== undefined) {
      results.set(task.id, known)
      return 'ended'
    }
    if ((await store.failure(task)) !== undefined) {
      failed.add(task.id)
      return 'ended'
    }
    await using lock = await store.claim(task)
    if (lock === undefined) return 'elsewhere'
    // It may have ended between the look and the lock.
    const meanwhile = await store.result(task)
    const result = meanwhile ?? (await run(task))
    if (result !== undefined) results.set(task.id, result)
    return 'ended'
  }

  async function run(task: Task): Promise<Json | undefined> {
    onEvent({ type: 'start', task })
    const after = Object.entries(task.after)
    try {
      const result = await task.stage.run({
        cell: task.cells[0]!,
        folder: store.folderOf(task),
        results: Object.fromEntries(after.map(([name, { id }]) => [name, results.get(id)!])),
        folders: Object.fromEntries(after.map(([name, other]) => [name, store.folderOf(other)])),
        signal: signal ?? new AbortController().signal,
        onProgress: (done, note) => onEvent({ type: 'progress', task, done, note }),
      })
      await store.finish(task, result)
      onEvent({ type: 'done', task, result })
      return result
    } catch (error) {
      signal?.throwIfAborted()
      await store.fail(task, error)
      failed.add(task.id)
      onEvent({ type: 'failed', task, error })
      return undefined
    }
  }
}
