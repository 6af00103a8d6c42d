import { sleep } from '@tinystories/utils/retry'
import type { Task } from './plan-tasks.ts'
import { type Outcome, TaskRunner, type TaskRunnerOptions } from './task-runner.ts'

/** Options of {@link runTasks}. */
export interface RunTasksOptions extends TaskRunnerOptions {
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
 * @throws the signal's reason when it is aborted, and FileError `disk-full`; the task at work then resumes the next time
 */
export async function runTasks(
  tasks: readonly Task[],
  { pollInterval = 1000, ...options }: RunTasksOptions,
): Promise<TasksSummary> {
  const { signal, onEvent = () => {} } = options
  const runner = new TaskRunner(options)
  const ended = new Map<string, Exclude<Outcome, 'elsewhere'> | 'blocked'>()
  const left = new Set(tasks)
  let isWaiting = false
  while (left.size > 0) {
    let moved = false
    for (const task of left) {
      signal?.throwIfAborted()
      const before = Object.values(task.after).map(({ id }) => ended.get(id))
      const isBlocked = before.some(state => state === 'failed' || state === 'blocked')
      if (!isBlocked && before.some(state => state === undefined)) continue
      const outcome = isBlocked ? 'blocked' : await runner.attempt(task)
      if (outcome === 'elsewhere') continue
      ended.set(task.id, outcome)
      left.delete(task)
      moved = true
      isWaiting = false
    }
    if (moved || left.size === 0) continue
    if (!isWaiting) onEvent({ type: 'waiting' })
    isWaiting = true
    await sleep(pollInterval, signal)
  }
  return summarize(ended.values())
}

/** Counts how tasks ended. */
export function summarize(states: Iterable<string>): TasksSummary {
  const summary: TasksSummary = { done: 0, failed: 0, blocked: 0 }
  for (const state of states)
    if (state === 'done' || state === 'failed' || state === 'blocked') summary[state]++
  return summary
}
