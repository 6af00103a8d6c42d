import type { Task } from './plan-tasks.ts'
import type { Json } from './stage.ts'
import type { TaskStore } from './task-store.ts'

/** Results of stages by what the stages are known by. */
export type KeptResults = ReadonlyMap<string, Json>

/**
 * Takes results that another folder's sweep found for what is not done here. A stage whose files are still needed, such
 * as a training whose model has not been probed yet, is done again.
 */
export async function takeResults(
  tasks: readonly Task[],
  store: TaskStore,
  kept: KeptResults,
): Promise<void> {
  /** What stages that are still to be done come after. */
  const wanted = new Set<Task>()
  // Each task stands after those it needs, so from the end.
  for (const task of tasks.toReversed()) {
    const isRead = task.stage.leavesFiles && wanted.has(task)
    if ((await store.result(task)) !== undefined) {
      if (!isRead || !(await store.isTaken(task))) continue
      await store.forgetResult(task)
    }
    const result = isRead ? undefined : kept.get(task.id)
    if (result === undefined) for (const before of Object.values(task.after)) wanted.add(before)
    else await store.take(task, result)
  }
}
